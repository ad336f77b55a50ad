package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;

import java.util.function.Consumer;

/**
 * What a training run does, apart from its model and data. The same settings, model, data and seed give the same bits.
 *
 * @param steps optimiser steps
 * @param batch sequences of a step
 * @param microBatch sequences that are on the device at once; divides {@code batch}; the gradients of a step are summed
 *     over its micro-batches
 * @param length positions of a sequence {@code T}
 * @param shortRatio part of the sequences that are cut to a random length (METHOD §2.3), from 0 to 1
 * @param seed of every random number
 * @param precision what the operands of matrix products are rounded to
 * @param checkpointActivations whether blocks are computed twice instead of keeping their activations
 * @param learningRate warm-up and decay
 * @param adamW the optimiser's constants
 * @param average whether the weights are averaged over steps
 */
@JsonPropertyOrder({
    "steps",
    "batch",
    "micro_batch",
    "length",
    "short_ratio",
    "seed",
    "precision",
    "checkpoint_activations",
    "learning_rate",
    "adamw",
    "average"
})
public record TrainerSettings(
        @JsonProperty("steps") long steps,
        @JsonProperty("batch") int batch,
        @JsonProperty("micro_batch") int microBatch,
        @JsonProperty("length") int length,
        @JsonProperty("short_ratio") double shortRatio,
        @JsonProperty("seed") long seed,
        @JsonProperty("precision") Precision precision,
        @JsonProperty("checkpoint_activations") boolean checkpointActivations,
        @JsonProperty("learning_rate") LearningRate learningRate,
        @JsonProperty("adamw") AdamWSettings adamW,
        @JsonProperty("average") AverageSettings average) {
    /** The published seed. */
    public static final long DEFAULT_SEED = 3407;

    /** A slip of the keyboard is refused. */
    private static final long MOST_STEPS = 1_000_000_000_000L;

    /** The sequences of a step are listed before it. */
    private static final int LARGEST_BATCH = 1 << 24;

    /** At once: as many as can be counted in their tensors. */
    private static final int MOST_TOKENS = 1 << 28;

    /** Checks the numbers. */
    public TrainerSettings {
        atLeast("steps", steps, 1);
        atLeast("batch", batch, 1);
        atLeast("micro_batch", microBatch, 1);
        atLeast("length", length, 1);
        if (steps > MOST_STEPS) {
            throw new InputException("steps: found " + steps + ", expected at most " + MOST_STEPS);
        }
        if (batch > LARGEST_BATCH) {
            throw new InputException("batch: found " + batch + ", expected at most " + LARGEST_BATCH);
        }
        if ((long) microBatch * (length + 1L) > MOST_TOKENS) {
            throw new InputException(
                    "micro_batch × length: found "
                            + microBatch
                            + " × "
                            + length
                            + " tokens at once, expected at most "
                            + MOST_TOKENS);
        }
        if (batch % microBatch != 0) {
            throw new InputException("micro_batch " + microBatch + " does not divide batch " + batch);
        }
        if (!(shortRatio >= 0 && shortRatio <= 1)) {
            throw new InputException("short_ratio: found " + shortRatio + ", expected a number from 0 to 1");
        }
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new InputException(name + ": found " + value + ", expected at least " + least);
        }
    }

    /**
     * Settings with the published constants of METHOD §2.4.
     *
     * @param steps optimiser steps
     * @param batch sequences of a step, all on the device at once
     * @param length positions of a sequence
     * @param peak the highest learning rate; a tenth of it is the last
     * @return the settings
     */
    public static TrainerSettings of(long steps, int batch, int length, double peak) {
        return new TrainerSettings(
                steps,
                batch,
                batch,
                length,
                0,
                DEFAULT_SEED,
                Precision.F32,
                false,
                new LearningRate(peak, peak / 10, LearningRate.defaultWarmup(steps)),
                AdamWSettings.DEFAULT,
                AverageSettings.NONE);
    }

    /**
     * The same settings for another number of steps.
     *
     * @param value optimiser steps
     * @return the settings
     * @throws InputException if there are fewer than 1
     */
    public TrainerSettings withSteps(long value) {
        return with(its -> its.steps = value);
    }

    /**
     * The same settings with another micro-batch.
     *
     * @param value sequences that are on the device at once
     * @return the settings
     * @throws InputException if it does not divide the batch
     */
    public TrainerSettings withMicroBatch(int value) {
        return with(its -> its.microBatch = value);
    }

    /**
     * The same settings with other lengths.
     *
     * @param value part of the sequences that are cut to a random length
     * @return the settings
     * @throws InputException if it is not a number from 0 to 1
     */
    public TrainerSettings withShortRatio(double value) {
        return with(its -> its.shortRatio = value);
    }

    /**
     * The same settings with another seed.
     *
     * @param value the seed
     * @return the settings
     */
    public TrainerSettings withSeed(long value) {
        return with(its -> its.seed = value);
    }

    /**
     * The same settings in another precision.
     *
     * @param value what the operands of matrix products are rounded to
     * @return the settings
     */
    public TrainerSettings withPrecision(Precision value) {
        return with(its -> its.precision = value);
    }

    /**
     * The same settings with activations kept or computed again.
     *
     * @param value whether blocks are computed twice instead of keeping their activations
     * @return the settings
     */
    public TrainerSettings withCheckpointedActivations(boolean value) {
        return with(its -> its.checkpointActivations = value);
    }

    /**
     * The same settings with another learning rate.
     *
     * @param value warm-up and decay
     * @return the settings
     */
    public TrainerSettings withLearningRate(LearningRate value) {
        return with(its -> its.learningRate = value);
    }

    /**
     * The same settings with another optimiser.
     *
     * @param value its constants
     * @return the settings
     */
    public TrainerSettings withAdamW(AdamWSettings value) {
        return with(its -> its.adamW = value);
    }

    /**
     * The same settings with the weights averaged.
     *
     * @param value how
     * @return the settings
     */
    public TrainerSettings withAverage(AverageSettings value) {
        return with(its -> its.average = value);
    }

    private TrainerSettings with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.settings();
    }

    /** One step that records every program that these settings need. */
    TrainerSettings shortest() {
        return with(its -> {
            its.steps = 1;
            its.batch = microBatch * Math.min(2, accumulation());
        });
    }

    /**
     * Micro-batches of a step.
     *
     * @return {@code batch / microBatch}
     */
    int accumulation() {
        return batch / microBatch;
    }

    /** Settings while they change, before they are checked. */
    private static final class Draft {
        private long steps;
        private int batch;
        private int microBatch;
        private final int length;
        private double shortRatio;
        private long seed;
        private Precision precision;
        private boolean checkpointActivations;
        private LearningRate learningRate;
        private AdamWSettings adamW;
        private AverageSettings average;

        Draft(TrainerSettings from) {
            this.steps = from.steps;
            this.batch = from.batch;
            this.microBatch = from.microBatch;
            this.length = from.length;
            this.shortRatio = from.shortRatio;
            this.seed = from.seed;
            this.precision = from.precision;
            this.checkpointActivations = from.checkpointActivations;
            this.learningRate = from.learningRate;
            this.adamW = from.adamW;
            this.average = from.average;
        }

        TrainerSettings settings() {
            return new TrainerSettings(
                    steps,
                    batch,
                    microBatch,
                    length,
                    shortRatio,
                    seed,
                    precision,
                    checkpointActivations,
                    learningRate,
                    adamW,
                    average);
        }
    }
}
