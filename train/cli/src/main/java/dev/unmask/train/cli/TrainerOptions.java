package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.train.LearningRate;

import picocli.CommandLine.Option;

import java.util.Optional;

/** Options that say how many steps are made, of what size, and how. */
final class TrainerOptions {
    @Option(names = "--steps", paramLabel = "N", description = "Optimiser steps. Default: 1000.")
    private Optional<Long> steps;

    @Option(names = "--batch", paramLabel = "N", description = "Sequences of a step. Default: 16.")
    private Optional<Integer> batch;

    @Option(names = "--micro-batch", paramLabel = "N", description = "Sequences at once. Default: the batch.")
    private Optional<Integer> microBatch;

    @Option(names = "--length", paramLabel = "N", description = "Tokens of a sequence. Default: 128.")
    private Optional<Integer> length;

    @Option(names = "--lr", paramLabel = "X", description = "Peak learning rate; a tenth of it is the last.")
    private Optional<Double> learningRate;

    @Option(names = "--warmup", paramLabel = "N", description = "Steps of the warm-up, fewer than all.")
    private Optional<Integer> warmup;

    @Option(
            names = "--ema",
            paramLabel = "DECAY",
            description =
                    "Average the weights over the steps, as in 0.999. What is validated, saved and sampled is the"
                            + " average; --set trainer.average.used=false keeps it beside the weights instead. Default:"
                            + " 0, no average.")
    private Optional<Double> ema;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of every random number. Default: 3407.")
    private Optional<Long> seed;

    @Option(
            names = "--precision",
            description = "f32 (default), tf32 (f32 where the device has none) or bf16: operands of matrix products.")
    private Optional<Precision> precision;

    @Option(names = "--checkpoint-activations", description = "Compute blocks twice instead of keeping activations.")
    private boolean checkpointActivations;

    /** Optimiser steps, if so many were asked for. */
    Optional<Long> steps() {
        return steps;
    }

    /** Makes as many steps as a budget pays for, as if they had been asked for. */
    void take(long paid) {
        steps = Optional.of(paid);
    }

    /** Tokens of a sequence, if so many were asked for. */
    Optional<Integer> length() {
        return length;
    }

    /** Refuses a learning rate that is none, before the last one is made of it. */
    void requireRate() {
        learningRate.ifPresent(peak -> {
            if (!(peak > 0 && peak <= LearningRate.HIGHEST)) {
                throw new InputException("--lr: found " + peak + ", expected above 0, at most " + LearningRate.HIGHEST);
            }
        });
    }

    /** Lays what was asked for over a configuration's {@code trainer}. */
    void applyTo(ObjectNode trainer) {
        ObjectNode rate = (ObjectNode) trainer.get("learning_rate");
        steps.ifPresent(value -> trainer.put("steps", value));
        batch.ifPresent(value -> trainer.put("batch", value).put("micro_batch", value));
        microBatch.ifPresent(value -> trainer.put("micro_batch", value));
        length.ifPresent(value -> trainer.put("length", value));
        seed.ifPresent(value -> trainer.put("seed", value));
        precision.ifPresent(value -> trainer.put("precision", value.name()));
        if (checkpointActivations) {
            trainer.put("checkpoint_activations", true);
        }
        learningRate.ifPresent(value -> rate.put("peak", value).put("last", value / 10));
        warmup.ifPresent(value -> rate.put("warmup", value));
        ema.ifPresent(value -> ((ObjectNode) trainer.get("average")).put("decay", value));
    }
}
