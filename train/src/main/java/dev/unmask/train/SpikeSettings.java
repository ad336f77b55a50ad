package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.InputException;

/**
 * What a run does with a step whose loss or gradients stand out: it makes no update, and counts it.
 *
 * @param deviations how many standard deviations above the mean of the steps before a loss or a norm of gradients may
 *     be; 0: any
 * @param most how many steps in a row may be left out, those without numbers too; one more ends the run. 0: none, and a
 *     step without numbers ends the run at once
 */
@JsonPropertyOrder({"deviations", "most"})
public record SpikeSettings(@JsonProperty("deviations") double deviations, @JsonProperty("most") int most) {
    /** Every step with numbers makes its update. */
    public static final SpikeSettings NONE = new SpikeSettings(0, 0);

    /** Checks the numbers. */
    public SpikeSettings {
        if (!(deviations >= 0 && deviations <= Double.MAX_VALUE)) {
            throw new InputException("spikes.deviations: found " + deviations + ", expected at least 0");
        }
        if (most < 0) {
            throw new InputException("spikes.most: found " + most + ", expected at least 0");
        }
        if (deviations > 0 && most == 0) {
            throw new InputException("spikes.most: found 0 with deviations " + deviations + ", expected at least 1");
        }
    }
}
