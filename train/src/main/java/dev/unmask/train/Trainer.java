package dev.unmask.train;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.data.TokenBlocks;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;

/**
 * Trains a model, one step at a time: clean blocks, corruption, loss and gradients of each micro-batch, then one
 * update.
 *
 * <p>Which blocks a step reads and every random number it draws are functions of the seed and the step alone, so a
 * trainer that is set to the weights, moments and step of another goes on with the same bits.
 */
public final class Trainer {
    private final Transformer model;
    private final TrainerSettings settings;
    private final Objective objective;
    private final GradientExchange exchange;
    private final StepText text;
    private final AdamWOptimizer optimizer;
    private final LossFunction lossFunction;
    private final LossBatch microBatch;
    private final Optional<WeightAverage> average;
    private final Backend backend;
    private OptionalDouble tokensAtPeak = OptionalDouble.empty();
    private SpikeGuard guard = new SpikeGuard(SpikeSettings.NONE);
    private long step;

    /**
     * A trainer at step 0 with all moments zero, of the objective that is the model's.
     *
     * @param backend owns the model
     * @param model the model, updated in place
     * @param data what to train on
     * @param settings how
     * @throws InputException if the sequences are longer than the model takes, or the data holds none
     * @throws IllegalArgumentException if the model's weights cannot be updated, as they were loaded for inference
     */
    public Trainer(Backend backend, Transformer model, TokenBlocks data, TrainerSettings settings) {
        this(backend, model, data, settings, Objective.of(model.config()), GradientExchange.NONE);
    }

    /**
     * A trainer at step 0 with all moments zero.
     *
     * @param backend owns the model
     * @param model the model, updated in place
     * @param data what to train on
     * @param settings how
     * @param objective what the model is to learn
     * @param exchange what happens to gradients before each update
     * @throws InputException if the sequences are longer than the model takes, or the data holds none
     * @throws IllegalArgumentException if the model's weights cannot be updated, as they were loaded for inference, or
     *     processes cannot share the batch evenly
     */
    public Trainer(
            Backend backend,
            Transformer model,
            TokenBlocks data,
            TrainerSettings settings,
            Objective objective,
            GradientExchange exchange) {
        if (settings.length() > model.config().maxLength()) {
            throw new InputException(
                    "length: found "
                            + settings.length()
                            + ", expected at most the model's "
                            + model.config().maxLength()
                            + " positions (block_size)");
        }
        if (settings.accumulation() % exchange.ranks() != 0) {
            throw new IllegalArgumentException(
                    "batch: found "
                            + settings.accumulation()
                            + " micro-batches for "
                            + exchange.ranks()
                            + " processes, expected a multiple; use another micro_batch or batch");
        }
        model.trained().values().forEach(Trainer::requireTrainable);
        this.backend = backend;
        this.model = model;
        this.settings = settings;
        this.objective = objective;
        this.exchange = exchange;
        this.text =
                new StepText(
                        new ModelText("training data", data, model.config()),
                        settings,
                        objective.blockLength(settings.length()),
                        objective.paddedTogether());
        this.optimizer = new AdamWOptimizer(backend, model.trained(), settings.adamW(), exchange);
        // Processes but the first neither validate nor save.
        this.average =
                settings.average().wanted() && exchange.rank() == 0
                        ? Optional.of(new WeightAverage(backend, model, settings.average()))
                        : Optional.empty();
        int length = objective.inputLength(settings.length());
        this.lossFunction =
                new LossFunction(
                        backend,
                        model,
                        optimizer.gradients(),
                        new LossFunction.Options(
                                settings.microBatch(),
                                length,
                                objective.saysWhoSeesWhom()
                                        || (settings.shortRatio() > 0 || objective.paddedTogether() > 0)
                                                && !model.config().causal(),
                                settings.precision(),
                                settings.checkpointActivations()));
        this.microBatch = new LossBatch(settings.microBatch(), length);
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
     * The model that is validated and saved: of averaged weights, where the settings want that.
     *
     * @return a model that follows the one in training
     */
    public Transformer evaluated() {
        return settings.average().used() ? average.map(WeightAverage::model).orElse(model) : model;
    }

    /** The average of the weights, where there is one. */
    Optional<WeightAverage> average() {
        return average;
    }

    /**
     * The optimiser, whose moments belong to a checkpoint: all, or those of the parameters that this process updates.
     *
     * @return the optimiser
     */
    public AdamWOptimizer optimizer() {
        return optimizer;
    }

    /**
     * Leaves out steps that stand out.
     *
     * @param spikes which do
     * @param before all steps before the next one, as the run's metrics hold them
     */
    public void leaveOut(SpikeSettings spikes, List<StepMetrics> before) {
        guard = new SpikeGuard(spikes);
        before.forEach(made -> guard.leavesOut(made.loss(), made.gradientNorm()));
    }

    /** Operations of all steps to come. */
    double operationsLeft() {
        return (double) (settings.steps() - step)
                * settings.batch()
                * settings.length()
                * TrainingFlops.perToken(model, objective, settings.length());
    }

    /**
     * Compares the speed of steps with the peak of this device from now on, which is measured for up to a second: in
     * float32 multiplications and additions in registers, in other precisions products of large matrices.
     */
    public void measurePeak() {
        double peak = exchange.ranks() * TrainingFlops.peak(backend, settings.precision());
        tokensAtPeak = OptionalDouble.of(peak / TrainingFlops.perToken(model, objective, settings.length()));
    }

    /** Whether more steps in a row were left out than the settings allow. */
    boolean leavesOutTooMany() {
        return guard.isTooMany();
    }

    /** What happens to gradients before each update. */
    GradientExchange exchange() {
        return exchange;
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
        return next(() -> false).orElseThrow();
    }

    /**
     * Makes the next step unless it is asked to stop meanwhile. A step that stopped has changed nothing; one that is
     * shared among processes goes on to its end.
     *
     * @param stopped asked before every micro-batch
     * @return what it did; empty if it stopped
     */
    public Optional<StepMetrics> next(BooleanSupplier stopped) {
        long start = System.nanoTime();
        List<Objective.Sequence> sequences = text.step(step);
        double divisor = objective.divisor(sequences);
        int own = settings.accumulation() / exchange.ranks();
        double loss = 0;
        for (int micro = 0; micro < own; micro++) {
            // Processes that share a step wait for one another at its end.
            if (exchange.ranks() == 1 && stopped.getAsBoolean()) {
                return Optional.empty();
            }
            int first = (exchange.rank() * own + micro) * settings.microBatch();
            microBatch.clear();
            for (int b = 0; b < settings.microBatch(); b++) {
                Objective.Sequence sequence = sequences.get(first + b);
                if (b == 0) {
                    microBatch.draw(sequence.draw());
                }
                objective.prepare(sequence, divisor, microBatch.place(b));
            }
            boolean last = micro == own - 1;
            loss += lossFunction.backward(microBatch, micro > 0, last ? exchange::ready : _ -> {});
        }
        exchange.sum(optimizer.gradients());
        loss = exchange.sum(loss);
        double learningRate = settings.learningRate().at(step, settings.steps());
        long tokens = text.tokens(step);
        step++;
        double norm = optimizer.norm();
        boolean leftOut = guard.leavesOut(loss, norm);
        if (!leftOut) {
            optimizer.apply(step, learningRate);
            average.ifPresent(of -> of.follow(step));
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        OptionalDouble ofPeak =
                tokensAtPeak.isPresent()
                        ? OptionalDouble.of(tokens / seconds / tokensAtPeak.getAsDouble())
                        : OptionalDouble.empty();
        return Optional.of(new StepMetrics(step, loss, learningRate, norm, tokens, seconds, leftOut, ofPeak));
    }
}
