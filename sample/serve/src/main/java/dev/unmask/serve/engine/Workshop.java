package dev.unmask.serve.engine;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.TokenLikelihood;
import dev.unmask.tensor.InputException;

import java.util.Optional;

/** What is made from a model once and keeps its programs. Computes on the engine's thread only. */
public final class Workshop {
    private final Optional<MaskedSampler> masked;
    private final Optional<FillIn> fillIn;
    private final Optional<Likelihood> likelihood;
    private final Optional<TokenLikelihood> tokenLikelihood;
    private final Optional<AutoregressiveSampler> causal;
    private final Optional<CausalLikelihood> causalLikelihood;
    private volatile boolean abandoned;

    Workshop(LanguageModel model) {
        if (model.config().causal()) {
            masked = Optional.empty();
            fillIn = Optional.empty();
            likelihood = Optional.empty();
            tokenLikelihood = Optional.empty();
            causal = Optional.of(new AutoregressiveSampler(model));
            causalLikelihood = Optional.of(new CausalLikelihood(model));
        } else {
            MaskedSampler sampler = new MaskedSampler(model);
            masked = Optional.of(sampler);
            fillIn = Optional.of(new FillIn(sampler, model.tokenizer()));
            likelihood = Optional.of(new Likelihood(sampler.denoiser()));
            tokenLikelihood = Optional.of(new TokenLikelihood(sampler.denoiser()));
            causal = Optional.empty();
            causalLikelihood = Optional.empty();
        }
    }

    /**
     * Samples from a masked model.
     *
     * @return the sampler
     * @throws InputException if the model is causal
     */
    public MaskedSampler masked() {
        return masked.orElseThrow(Workshop::notMasked);
    }

    /**
     * Fills blanks.
     *
     * @return reads texts on any thread
     * @throws InputException if the model is causal
     */
    public FillIn fillIn() {
        return fillIn.orElseThrow(Workshop::notMasked);
    }

    /**
     * Says how likely a masked model finds a text.
     *
     * @return the likelihoods
     * @throws InputException if the model is causal
     */
    public Likelihood likelihood() {
        return likelihood.orElseThrow(Workshop::notMasked);
    }

    /**
     * Says how likely a masked model finds each token of a text.
     *
     * @return the likelihoods
     * @throws InputException if the model is causal
     */
    public TokenLikelihood tokenLikelihood() {
        return tokenLikelihood.orElseThrow(Workshop::notMasked);
    }

    /**
     * Samples from a causal model.
     *
     * @return the sampler
     * @throws InputException if the model is masked
     */
    public AutoregressiveSampler causal() {
        return causal.orElseThrow(Workshop::notCausal);
    }

    /**
     * Says how likely a causal model finds a text.
     *
     * @return the likelihoods
     * @throws InputException if the model is masked
     */
    public CausalLikelihood causalLikelihood() {
        return causalLikelihood.orElseThrow(Workshop::notCausal);
    }

    /** Nobody waits for anything any more. */
    void abandon() {
        abandoned = true;
    }

    boolean abandoned() {
        return abandoned;
    }

    private static InputException notMasked() {
        return new InputException(
                "model: found an autoregressive one, which reads and writes from left to right only; blanks need a masked"
                        + " one, use /v1/completions");
    }

    private static InputException notCausal() {
        return new InputException("model: found a masked one, expected an autoregressive one");
    }
}
