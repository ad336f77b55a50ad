package dev.unmask.sample;

import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.UnmaskException;

import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;

/** Refuses what a caller passed in, naming it, what was found and what was expected. */
final class Expect {
    private Expect() {}

    static void that(boolean holds, String sentence, Object... found) {
        if (!holds) {
            throw new InputException(String.format(Locale.ROOT, sentence, found));
        }
    }

    static void atLeast(String name, long value, long least) {
        that(value >= least, "%s: found %d, expected at least %d", name, value, least);
    }

    static void nonNegative(String name, double value) {
        that(
                value >= 0 && Float.isFinite((float) value),
                "%s: found %s, expected a finite number of at least 0",
                name,
                value);
    }

    static void positive(String name, double value) {
        that(value > 0 && Float.isFinite((float) value), "%s: found %s, expected a finite number above 0", name, value);
    }

    static void fraction(String name, double value) {
        that(value >= 0 && value <= 1, "%s: found %s, expected a number from 0 to 1", name, value);
    }

    static void ids(String name, int[] ids, int limit) {
        for (int i = 0; i < ids.length; i++) {
            that(
                    ids[i] >= 0 && ids[i] < limit,
                    "%s: found token id %d at position %d, expected 0 to %d",
                    name,
                    ids[i],
                    i,
                    limit - 1);
        }
    }

    static void steps(OptionalInt steps) {
        steps.ifPresent(value -> {
            atLeast("steps", value, 1);
            that(value <= Count.MOST_STEPS, "steps: found %d, expected at most %d", value, Count.MOST_STEPS);
        });
    }

    /** A copy of a set of token ids. */
    static Set<Integer> tokens(String name, Set<Integer> ids) {
        ids.forEach(id -> that(id >= 0, "%s: found token id %d, expected at least 0", name, id));
        return Set.copyOf(ids);
    }

    static void fits(String name, long length, int maxLength) {
        that(
                length <= maxLength,
                "%s: found %d positions, expected at most the model's %d (block_size)",
                name,
                length,
                maxLength);
    }

    /** Refuses a model that what is asked for has no use for: it came from a file. */
    static void masked(String what, ModelConfig config) {
        that(
                !config.causal(),
                "%s: found an autoregressive model, which reads and writes from left to right only, expected a masked"
                        + " one; go on with a text by TextSampler (unmask sample), score texts by CausalLikelihood"
                        + " (unmask eval)",
                what);
    }

    /** Refuses what only a broken model predicts, whose weights may be finite and yet too large. */
    static void prediction(double value) {
        if (Double.isNaN(value)) {
            throw new UnmaskException(
                    "model: found a prediction that is not a number, expected numbers: its weights are damaged, or its"
                            + " training has diverged; use another checkpoint");
        }
    }
}
