package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.InputException;

/**
 * Training by block diffusion, see {@link BlockDiffusionObjective}.
 *
 * @param length positions of a block; 0: no blocks, the whole text at once
 * @param lowestRate the smallest rate at which tokens are masked in training
 * @param highestRate the largest
 */
@JsonPropertyOrder({"length", "lowest_rate", "highest_rate"})
public record BlockSettings(
        @JsonProperty("length") int length,
        @JsonProperty("lowest_rate") double lowestRate,
        @JsonProperty("highest_rate") double highestRate) {
    /** The whole text at once. */
    public static final BlockSettings NONE = new BlockSettings(0, 0, 1);

    /** Checks the numbers. */
    public BlockSettings {
        if (length < 0) {
            throw new InputException("blocks.length: found " + length + ", expected at least 0, which means none");
        }
        if (!(lowestRate >= 0 && lowestRate <= highestRate && highestRate > 0 && highestRate <= 1)) {
            throw new InputException(
                    "blocks.lowest_rate and highest_rate: found "
                            + lowestRate
                            + " and "
                            + highestRate
                            + ", expected 0 ≤ lowest ≤ highest ≤ 1");
        }
    }

    /** A model that is to be trained so. */
    ModelConfig in(ModelConfig config) {
        return length == 0 ? config : config.withNetwork(config.network().withBlockLength(length));
    }

    /** What such a model is trained by; others by what is theirs. */
    Objective objective(ModelConfig config) {
        return objective(config, ObjectiveSettings.DEFAULT, 1);
    }

    /** What such a model is trained by, with its loss drawn and divided so, in steps of so many sequences. */
    Objective objective(ModelConfig config, ObjectiveSettings settings, int batch) {
        int block = config.network().blockLength();
        return block > 1
                ? new BlockDiffusionObjective(config.maskToken(), block, lowestRate, highestRate, settings)
                : Objective.of(config, settings, batch);
    }
}
