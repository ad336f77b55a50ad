package dev.unmask.sample;

import dev.unmask.model.KeyValueCache;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.Precision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Samples from an autoregressive model, token by token, with a cache of keys and values (METHOD §4). Prompts of a batch
 * may have different lengths.
 *
 * <p>Used by one thread at a time, as its backend is.
 */
public final class AutoregressiveSampler {
    /** Lengths are rounded up to a multiple of this, so that a few programs serve prompts of all lengths. */
    private static final int LENGTH_STEP = 16;

    private static final int PROGRAMS = 2;

    /** The programs that fill one cache and go on from it. */
    private record Decoder(KeyValueCache cache, RecentlyUsed<Integer, DecodingPass> passes) {}

    private record Form(int batch, int room) {}

    private final ModelConfig config;
    private final RecentlyUsed<Form, Decoder> decoders;

    /**
     * A sampler in float32.
     *
     * @param backend owns the model's weights
     * @param model a causal model
     * @throws IllegalArgumentException if the model is not causal
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
     * @throws IllegalArgumentException if the model is not causal
     */
    public AutoregressiveSampler(Backend backend, Transformer model, Precision precision) {
        this.config = model.config();
        Expect.that(
                config.causal(),
                "autoregressive sampling: found a masked diffusion model, expected a causal one; use MaskedSampler");
        this.decoders =
                new RecentlyUsed<>(
                        PROGRAMS,
                        form -> {
                            KeyValueCache cache = KeyValueCache.allocate(backend, config, form.batch, form.room, 1);
                            return new Decoder(
                                    cache,
                                    new RecentlyUsed<>(
                                            PROGRAMS,
                                            step -> {
                                                KeyValueCache piece =
                                                        step == 1 ? cache : cache.forStep(backend, form.batch, step);
                                                return new DecodingPass(
                                                        backend, model, precision, piece, form.batch, step);
                                            }));
                        });
    }

    /**
     * Continues a batch of prompts.
     *
     * @param prompts of any lengths, at least one
     * @param settings how to sample
     * @return of each prompt the whole sequence, its end token included if it met one
     * @throws IllegalArgumentException if a prompt does not fit; the message says how
     */
    public List<Sample> sample(List<Prompt> prompts, AutoregressiveSettings settings) {
        Expect.atLeast("batch", prompts.size(), 1);
        Expect.fits("length", settings.length(), config.maxLength());
        prompts.forEach(prompt -> require(prompt, settings));
        List<Continuation> continuations = prompts.stream().map(prompt -> new Continuation(prompt, settings)).toList();
        int longest = prompts.stream().mapToInt(p -> p.ids().length).max().orElseThrow();
        Decoder decoder = decoders.get(new Form(prompts.size(), rounded(settings.length())));
        DecodingPass pass = decoder.passes.get(longest == 1 ? 1 : rounded(longest));
        while (continuations.stream().anyMatch(c -> !c.done())) {
            for (int i = 0; i < continuations.size(); i++) {
                continuations.get(i).feed(pass, i, config.maxLength());
            }
            pass.run(settings);
            int[] tokens = pass.tokens();
            float[] logConfidence = pass.logConfidence();
            for (int i = 0; i < tokens.length; i++) {
                continuations.get(i).append(tokens[i], logConfidence[i]);
            }
            pass = decoder.passes.get(1);
        }
        List<Sample> samples = new ArrayList<>();
        continuations.forEach(c -> samples.add(c.sample()));
        return samples;
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

    /** A sequence while it grows. */
    private static final class Continuation {
        private final AutoregressiveSettings settings;
        private final int[] ids;
        private final float[] logConfidence;
        private final int stream;
        private int length;
        private int seen;
        private int evaluations;
        private boolean ended;

        Continuation(Prompt prompt, AutoregressiveSettings settings) {
            this.settings = settings;
            this.length = prompt.ids().length;
            this.ids = Arrays.copyOf(prompt.ids(), settings.length());
            this.logConfidence = new float[settings.length()];
            this.stream = prompt.stream();
        }

        boolean done() {
            return ended || length == settings.length();
        }

        /** A sequence that is done goes on repeating its last token, to no effect. */
        void feed(DecodingPass pass, int place, int maxLength) {
            int from = Math.min(seen, length - 1);
            pass.put(place, ids, from, length, stream * maxLength + Math.min(length, maxLength - 1));
            seen = length;
        }

        void append(int token, float confidence) {
            if (done()) {
                return;
            }
            ids[length] = token;
            logConfidence[length] = confidence;
            length++;
            evaluations++;
            ended = settings.endToken().isPresent() && settings.endToken().getAsInt() == token;
        }

        Sample sample() {
            return new Sample(Arrays.copyOf(ids, length), Arrays.copyOf(logConfidence, length), evaluations);
        }
    }
}
