package dev.unmask.sample;

import dev.unmask.model.KeyValueCache;
import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Samples from an autoregressive model, token by token, with a cache of keys and values (METHOD §4). Prompts of a batch
 * may have different lengths.
 *
 * <p>Used by one thread at a time, as its backend is.
 */
public final class AutoregressiveSampler {
    /** Lengths are rounded up to a multiple of this, so that a few programs serve prompts of all lengths. */
    private static final int LENGTH_STEP = 16;

    /** The programs that fill one cache and go on from it. */
    private final class Decoder {
        final DecodingPass.Form form;
        final KeyValueCache cache;
        final RecentlyUsed<Integer, DecodingPass> passes;

        Decoder(DecodingPass.Form form) {
            this.form = form;
            this.cache = KeyValueCache.allocate(backend, config, form.batch(), form.room(), 1);
            this.passes = new RecentlyUsed<>(this::pass, DecodingPass::temporaryBytes);
        }

        private DecodingPass pass(int step) {
            KeyValueCache piece = step == 1 ? cache : cache.forStep(backend, form.batch(), step);
            return new DecodingPass(backend, model, precision, piece, form, step);
        }

        long bytes() {
            return passes.bytes() + cache.layers().stream().mapToLong(Tensor::bytes).sum();
        }
    }

    private final Backend backend;
    private final Transformer model;
    private final Precision precision;
    private final ModelConfig config;
    private final RecentlyUsed<DecodingPass.Form, Decoder> decoders;

    /**
     * A sampler.
     *
     * @param model a causal model
     * @throws InputException if the model is not causal
     */
    public AutoregressiveSampler(LanguageModel model) {
        this(model.backend(), model.transformer(), model.precision());
    }

    /**
     * A sampler in float32.
     *
     * @param backend owns the model's weights
     * @param model a causal model
     * @throws InputException if the model is not causal
     */
    public AutoregressiveSampler(Backend backend, Transformer model) {
        this(backend, model, Precision.F32);
    }

    /**
     * A sampler.
     *
     * @param backend owns the model's weights
     * @param model a causal model
     * @param precision what the operands of matrix products are rounded to
     * @throws InputException if the model is not causal
     */
    public AutoregressiveSampler(Backend backend, Transformer model, Precision precision) {
        this.config = model.config();
        Expect.that(
                config.causal(),
                "autoregressive sampling: found a masked diffusion model, expected a causal one; use MaskedSampler");
        this.backend = backend;
        this.model = model;
        this.precision = precision;
        this.decoders = new RecentlyUsed<>(Decoder::new, Decoder::bytes);
    }

    /**
     * Continues a batch of prompts.
     *
     * @param prompts of any lengths, at least one
     * @param settings how to sample
     * @return of each prompt the whole sequence, its end token included if it met one
     * @throws InputException if a prompt or a banned token does not fit; the message says how
     */
    public List<Sample> sample(List<Prompt> prompts, AutoregressiveSettings settings) {
        return sample(prompts, settings, SamplingListener.NONE);
    }

    /**
     * Continues a batch of prompts and tells of every token.
     *
     * @param prompts of any lengths, at least one
     * @param settings how to sample
     * @param listener sees the sequences grow, a step a pass; there may be fewer steps than announced
     * @return of each prompt the whole sequence, its end token included if it met one
     * @throws InputException if a prompt or a banned token does not fit; the message says how
     * @throws java.util.concurrent.CancellationException if the listener says so
     */
    public List<Sample> sample(List<Prompt> prompts, AutoregressiveSettings settings, SamplingListener listener) {
        Expect.atLeast("batch", prompts.size(), 1);
        Expect.fits("length", settings.length(), config.maxLength());
        BannedTokens.require(settings.bannedTokens(), config.vocabulary());
        prompts.forEach(prompt -> require(prompt, settings));
        List<Continuation> continuations = prompts.stream().map(prompt -> new Continuation(prompt, settings)).toList();
        int longest = continuations.stream().mapToInt(Continuation::length).max().orElseThrow();
        int shortest = continuations.stream().mapToInt(Continuation::length).min().orElseThrow();
        Decoder decoder =
                decoders.get(
                        new DecodingPass.Form(
                                prompts.size(), rounded(settings.length()), FilterStage.Form.of(settings.filters())));
        DecodingPass pass = decoder.passes.get(longest == 1 ? 1 : rounded(longest));
        for (int step = 0; continuations.stream().anyMatch(c -> !c.done()); step++) {
            listener.check("sampling");
            for (int i = 0; i < continuations.size(); i++) {
                if (listener.cancelled(i)) {
                    continuations.get(i).leave();
                }
            }
            if (continuations.stream().allMatch(Continuation::done)) {
                break;
            }
            int[] before = continuations.stream().mapToInt(Continuation::length).toArray();
            advance(continuations, pass, settings);
            listener.onStep(
                    new SamplingStep(
                            step,
                            settings.length() - shortest,
                            IntStream.range(0, before.length)
                                    .mapToObj(i -> continuations.get(i).progress(before[i]))
                                    .toList()));
            pass = decoder.passes.get(1);
        }
        return continuations.stream().map(Continuation::sample).toList();
    }

    private void advance(List<Continuation> continuations, DecodingPass pass, AutoregressiveSettings settings) {
        for (int i = 0; i < continuations.size(); i++) {
            continuations.get(i).feed(pass, i, config.maxLength());
        }
        pass.run(settings);
        int[] tokens = pass.tokens();
        float[] logConfidence = pass.logConfidence();
        for (int i = 0; i < tokens.length; i++) {
            continuations.get(i).append(tokens[i], logConfidence[i]);
        }
    }

    private int rounded(int length) {
        return Math.min(config.maxLength(), Math.ceilDiv(length, LENGTH_STEP) * LENGTH_STEP);
    }

    private void require(Prompt prompt, AutoregressiveSettings settings) {
        Expect.ids("prompt", prompt.ids(), config.vocabulary());
        Expect.that(
                prompt.ids().length <= settings.length(),
                "length: found %d, expected at least the %d tokens of the prompt",
                settings.length(),
                prompt.ids().length);
        Expect.that(
                prompt.stream() < Integer.MAX_VALUE / config.maxLength(),
                "stream: found %d, expected less than %d",
                prompt.stream(),
                Integer.MAX_VALUE / config.maxLength());
    }
}
