package dev.unmask.sample;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;

import java.util.ArrayList;
import java.util.List;

/**
 * How probable an autoregressive model finds a target after a prefix: the exact log-likelihood, token after token, and
 * whether greedy decoding gives the target. One pass of the model tells both.
 *
 * <p>Used by one thread at a time, as its backend is.
 */
public final class CausalLikelihood {
    /** Lengths are rounded up to a multiple of this, so that a few programs serve targets of all lengths. */
    private static final int LENGTH_STEP = 16;

    private final ModelConfig config;
    private final RecentlyUsed<CausalScoringPass.Form, CausalScoringPass> passes;

    /**
     * A text in two parts.
     *
     * @param prefix token ids, at least one: a model cannot say how likely a first token is
     * @param target token ids, at least one
     */
    public record Text(int[] prefix, int[] target) {}

    /**
     * What the model thinks of a target.
     *
     * @param logLikelihood {@code ln p(target | prefix)}, nats, summed over the target's tokens
     * @param greedy whether each token of the target is the likeliest one after those before it
     */
    public record Score(double logLikelihood, boolean greedy) {}

    /**
     * Likelihoods.
     *
     * @param model a causal model
     * @throws InputException if the model is not causal
     */
    public CausalLikelihood(LanguageModel model) {
        this(model.backend(), model.transformer(), model.precision());
    }

    /**
     * Likelihoods.
     *
     * @param backend owns the model's weights
     * @param model a causal model
     * @param precision what the operands of matrix products are rounded to
     * @throws InputException if the model is not causal
     */
    public CausalLikelihood(Backend backend, Transformer model, Precision precision) {
        this.config = model.config();
        Expect.that(
                config.causal(),
                "causal likelihood: found a masked diffusion model, expected a causal one; use Likelihood");
        this.passes =
                new RecentlyUsed<>(
                        form -> new CausalScoringPass(backend, model, precision, form),
                        CausalScoringPass::temporaryBytes);
    }

    /**
     * Scores targets.
     *
     * @param texts at least one; all go through the model together
     * @return a score each, in their order
     * @throws InputException if an id is not in the vocabulary, a part is empty, or the model is too short
     */
    public List<Score> score(List<Text> texts) {
        CausalScoringPass pass = run(texts);
        float[] losses = pass.losses();
        int[] likeliest = pass.likeliest();
        List<Score> scores = new ArrayList<>();
        int entry = 0;
        for (Text text : texts) {
            double loss = 0;
            boolean greedy = true;
            for (int token : text.target()) {
                loss += losses[entry];
                greedy &= likeliest[entry] == token;
                entry++;
            }
            Expect.prediction(loss);
            scores.add(new Score(-loss, greedy));
        }
        return scores;
    }

    private CausalScoringPass run(List<Text> texts) {
        Expect.atLeast("texts", texts.size(), 1);
        texts.forEach(this::require);
        int longest = texts.stream().mapToInt(CausalLikelihood::seen).max().orElseThrow();
        int length = Math.min(config.maxLength(), Math.ceilDiv(longest, LENGTH_STEP) * LENGTH_STEP);
        CausalScoringPass pass = passes.get(new CausalScoringPass.Form(texts.size(), length));
        pass.clear();
        for (int i = 0; i < texts.size(); i++) {
            pass.put(i, texts.get(i).prefix(), texts.get(i).target());
        }
        pass.run();
        return pass;
    }

    /**
     * Asks about each token of a target.
     *
     * @param text prefix and target
     * @return of each token of the target {@code ln p} given all before it, nats
     * @throws InputException if an id is not in the vocabulary, a part is empty, or the model is too short
     */
    public double[] each(Text text) {
        float[] losses = run(List.of(text)).losses();
        double[] found = new double[text.target().length];
        for (int i = 0; i < found.length; i++) {
            Expect.prediction(losses[i]);
            found[i] = -losses[i];
        }
        return found;
    }

    /** The last token is only predicted. */
    private static int seen(Text text) {
        return text.prefix().length + text.target().length - 1;
    }

    private void require(Text text) {
        Expect.ids("prefix", text.prefix(), config.vocabulary());
        Expect.ids("target", text.target(), config.vocabulary());
        Expect.atLeast("tokens of the prefix", text.prefix().length, 1);
        Expect.atLeast("tokens of the target", text.target().length, 1);
        Expect.fits("prefix and target without its last token", seen(text), config.maxLength());
    }
}
