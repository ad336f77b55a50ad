package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Objective;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.Validation;
import dev.unmask.train.data.PreparedData;
import dev.unmask.train.data.TokenBlocks;
import dev.unmask.train.data.TokenText;

/**
 * Text that models of an experiment read, and how long the sequences are.
 *
 * @param data tokens and tokenizer
 * @param batch sequences of a step
 * @param length positions of a sequence
 */
public record StudyText(PreparedData data, int batch, int length) {
    private static final int MOST_BATCHES = 32;
    private static final int DRAWS = 16;

    /**
     * Training on it.
     *
     * @param config masked or causal
     * @param steps optimiser steps
     * @param peak the highest learning rate
     * @param seed of weights, order and noise
     * @return the task
     */
    public ResumableTraining.Task task(ModelConfig config, long steps, double peak, long seed) {
        return new ResumableTraining.Task(
                data.training(), Objective.of(config), settings(steps, batch, length, peak).withSeed(seed));
    }

    /**
     * Settings with a warm-up that short runs have, too.
     *
     * @param steps optimiser steps
     * @param batch sequences of a step
     * @param length positions of a sequence
     * @param peak the highest learning rate
     * @return the settings
     */
    public static TrainerSettings settings(long steps, int batch, int length, double peak) {
        return TrainerSettings.of(steps, batch, length, peak);
    }

    /**
     * Refuses a text that no loss can be taken of, before a model is trained for that.
     *
     * @param name what it is called
     * @param text of the same tokenizer
     * @throws InputException if it does not fill a sequence
     */
    public void requireSequence(String name, TokenText text) {
        if (text.blocks(length + 1) == 0) {
            throw new InputException(
                    name
                            + ": found "
                            + text.tokens()
                            + " tokens, expected a sequence of at least "
                            + (length + 1)
                            + "; use more text");
        }
    }

    /**
     * The loss on text that was not trained on: the bound of a masked model, the exact one of a causal model.
     *
     * @param backend owns the model
     * @param model the model
     * @param text of the same tokenizer
     * @return nats a token
     */
    public double loss(Backend backend, Transformer model, TokenBlocks text) {
        int most = (int) Math.min(batch, text.blocks(length + 1));
        return new Validation(
                        backend,
                        model,
                        text,
                        new Validation.Settings(Math.max(1, most), length, MOST_BATCHES, DRAWS, Precision.F32))
                .measure()
                .loss();
    }
}
