package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.InputException;

/**
 * An exponential moving average of the weights (EMA): after each update {@code average = d·average + (1 - d)·weights},
 * with {@code d = min(decay, (1 + step) / (10 + step))}, so that a short run's average is not that of its beginning.
 *
 * @param decay the largest {@code d}, below 1; 0: no average
 * @param used whether the average is what is validated, saved as the model and sampled from; else it is only kept
 */
@JsonPropertyOrder({"decay", "used"})
public record AverageSettings(@JsonProperty("decay") double decay, @JsonProperty("used") boolean used) {
    /** No average. */
    public static final AverageSettings NONE = new AverageSettings(0, true);

    /** Checks the numbers. */
    public AverageSettings {
        if (!(decay >= 0 && decay < 1)) {
            throw new InputException("average.decay: found " + decay + ", expected a number from 0 to below 1");
        }
    }

    /**
     * Whether there is an average.
     *
     * @return false if the weights are all there is
     */
    public boolean wanted() {
        return decay > 0;
    }

    /** The part of the way to the weights that the average goes after a step. */
    double share(long step) {
        return 1 - Math.min(decay, (1.0 + step) / (10.0 + step));
    }
}
