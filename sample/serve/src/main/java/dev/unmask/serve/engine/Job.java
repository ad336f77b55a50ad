package dev.unmask.serve.engine;

import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.Cancellation;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;

import java.util.List;
import java.util.function.Function;

/**
 * What somebody waits for.
 *
 * @param <R> the result
 */
public sealed interface Job<R> {
    /**
     * What it is called in metrics.
     *
     * @return a word
     */
    String kind();

    /**
     * Sequences that a masked model completes, together with those of other jobs of the same settings.
     *
     * @param sequences at least one
     * @param settings how
     */
    record Masked(List<MaskedSequence> sequences, SamplerSettings settings) implements Job<List<Sample>> {
        /** Takes a copy. */
        public Masked {
            sequences = List.copyOf(sequences);
        }

        @Override
        public String kind() {
            return "masked";
        }
    }

    /**
     * Prompts that a causal model goes on with, together with those of other jobs of the same settings.
     *
     * @param prompts at least one
     * @param settings how
     */
    record Causal(List<Prompt> prompts, AutoregressiveSettings settings) implements Job<List<Sample>> {
        /** Takes a copy. */
        public Causal {
            prompts = List.copyOf(prompts);
        }

        @Override
        public String kind() {
            return "causal";
        }
    }

    /**
     * Anything else, computed alone.
     *
     * @param kind what it is called in metrics
     * @param body computes it on the engine's thread, and is told before each pass whether anybody still waits
     * @param <R> the result
     */
    record Computation<R>(String kind, Function<Cancellation, R> body) implements Job<R> {}
}
