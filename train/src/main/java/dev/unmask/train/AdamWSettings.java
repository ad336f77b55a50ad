package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;

import dev.unmask.tensor.InputException;

/**
 * The optimiser's constants (METHOD §2.4).
 *
 * @param beta1 decay rate of the first moment
 * @param beta2 decay rate of the second moment
 * @param epsilon added to the denominator
 * @param weightDecay decoupled decay of every parameter, norms and embeddings too
 * @param maxNorm largest norm of all gradients together; they are scaled down to it
 */
public record AdamWSettings(
        @JsonProperty("beta1") double beta1,
        @JsonProperty("beta2") double beta2,
        @JsonProperty("epsilon") double epsilon,
        @JsonProperty("weight_decay") double weightDecay,
        @JsonProperty("max_norm") double maxNorm) {
    /** The published constants. */
    public static final AdamWSettings DEFAULT = new AdamWSettings(0.9, 0.95, 1e-8, 0.1, 1.0);

    private static final double LARGEST_DECAY = 100;

    /** Checks the numbers. */
    public AdamWSettings {
        rate("beta1", beta1);
        rate("beta2", beta2);
        if (!(epsilon > 0 && epsilon <= 1)) {
            throw new InputException("epsilon: found " + epsilon + ", expected a number above 0, at most 1");
        }
        if (!(weightDecay >= 0 && weightDecay <= LARGEST_DECAY)) {
            throw new InputException(
                    "weight_decay: found " + weightDecay + ", expected a number from 0 to " + LARGEST_DECAY);
        }
        if (!(maxNorm > 0)) {
            throw new InputException("max_norm: found " + maxNorm + ", expected a positive number");
        }
    }

    private static void rate(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new InputException(name + ": found " + value + ", expected a number from 0 to below 1");
        }
    }
}
