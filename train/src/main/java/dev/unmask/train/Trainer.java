package dev.unmask.train;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.Tensor;
import dev.unmask.train.data.TokenBlocks;

/**
 * Trains a model, one step at a time: clean blocks, corruption, loss and gradients of each micro-batch, then one
 * update.
 *
 * <p>Which blocks a step reads and every random number it draws are functions of the seed and the step alone, so a
 * trainer that is set to the weights, moments and step of another goes on with the same bits.
 */
public final class Trainer {
    private final Transformer model;
    private final ModelText text;
    private final TrainerSettings settings;
    private final Objective objective;
    private final AdamWOptimizer optimizer;
    private final LossFunction lossFunction;
    private final LossBatch microBatch;
    private final int[] clean;
    private final int blockLength;
    private final long blocks;
    private long step;

    /**
     * A trainer at step 0 with all moments zero.
     *
     * @param backend owns the model
     * @param model the model, updated in place
     * @param data what to train on
     * @param settings how
     * @throws InputException if the sequences are longer than the model takes, or the data holds none
     * @throws IllegalArgumentException if the model's weights cannot be updated, as they were loaded for inference
     */
    public Trainer(Backend backend, Transformer model, TokenBlocks data, TrainerSettings settings) {
        if (settings.length() > model.config().maxLength()) {
            throw new InputException(
                    "length: found "
                            + settings.length()
                            + ", expected at most the model's "
                            + model.config().maxLength()
                            + " positions (block_size)");
        }
        model.parameters().values().forEach(Trainer::requireTrainable);
        this.model = model;
        this.text = new ModelText("training data", data, model.config());
        this.settings = settings;
        this.objective = Objective.of(model.config());
        this.blockLength = objective.blockLength(settings.length());
        this.blocks = data.blocks(blockLength);
        if (blocks == 0) {
            throw new InputException(
                    "training data: found less than one block of "
                            + blockLength
                            + " tokens; use more text or a shorter length");
        }
        this.optimizer = new AdamWOptimizer(backend, model.parameters(), settings.adamW());
        this.lossFunction =
                new LossFunction(
                        backend,
                        model,
                        optimizer.gradients(),
                        new LossFunction.Options(
                                settings.microBatch(),
                                settings.length(),
                                settings.shortRatio() > 0,
                                settings.precision(),
                                settings.checkpointActivations()));
        this.microBatch = new LossBatch(settings.microBatch(), settings.length());
        this.clean = new int[settings.microBatch() * blockLength];
    }

    private static void requireTrainable(Tensor parameter) {
        if (parameter.origin() != Tensor.Origin.ALLOCATED || parameter.dtype() != DType.F32) {
            throw new IllegalArgumentException(
                    "model: "
                            + parameter
                            + " was loaded for inference and cannot be updated; load the model with"
                            + " Weights.Use.TRAINING");
        }
    }

    /**
     * The model in training.
     *
     * @return the model
     */
    public Transformer model() {
        return model;
    }

    /**
     * The optimiser, whose moments belong to a checkpoint.
     *
     * @return the optimiser
     */
    public AdamWOptimizer optimizer() {
        return optimizer;
    }

    /**
     * Steps done.
     *
     * @return from 0 to the number of the settings
     */
    public long step() {
        return step;
    }

    /**
     * Goes on from a checkpoint; weights and moments have been set.
     *
     * @param done steps done
     */
    public void resumeAt(long done) {
        step = done;
    }

    /**
     * Memory of activations, once a step has run.
     *
     * @return bytes
     */
    public long activationBytes() {
        return lossFunction.temporaryBytes();
    }

    /**
     * Makes the next step.
     *
     * @return what it did
     * @throws InputException if the data holds an id that is no text token of the model; nothing has been updated
     */
    public StepMetrics next() {
        long start = System.nanoTime();
        double loss = 0;
        long tokens = 0;
        for (int micro = 0; micro < settings.accumulation(); micro++) {
            int firstSequence = micro * settings.microBatch();
            int length = length(micro);
            readBlocks(firstSequence);
            objective.prepare(
                    clean,
                    new Objective.Draw(settings.seed(), step, firstSequence),
                    settings.batch(),
                    length,
                    microBatch);
            loss += lossFunction.backward(microBatch, micro > 0);
            tokens += (long) settings.microBatch() * length;
        }
        double learningRate = settings.learningRate().at(step, settings.steps());
        step++;
        double norm = optimizer.update(step, learningRate);
        return new StepMetrics(step, loss, learningRate, norm, tokens, (System.nanoTime() - start) * 1e-9);
    }

    private int length(int micro) {
        boolean cut = Philox.uniform53(settings.seed(), Purpose.LENGTH, step, 2L * micro) < settings.shortRatio();
        return cut
                ? 1 + (int) Philox.bounded(settings.seed(), Purpose.LENGTH, step, 2L * micro + 1, settings.length())
                : settings.length();
    }

    private void readBlocks(int firstSequence) {
        for (int b = 0; b < settings.microBatch(); b++) {
            long number = step * settings.batch() + firstSequence + b;
            long index = Philox.permute(settings.seed(), number / blocks, blocks, number % blocks);
            text.block(index, blockLength, clean, b * blockLength);
        }
    }
}
