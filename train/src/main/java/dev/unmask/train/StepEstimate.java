package dev.unmask.train;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.program.Backend;

import java.util.stream.LongStream;

/**
 * How long a step takes, measured: models of the same sizes but of one layer and of two go over one sequence and back,
 * and are updated. A layer takes as long as the other, so the rest follows.
 *
 * @param sequence seconds of one sequence of a micro-batch
 * @param update seconds of the optimiser
 */
public record StepEstimate(double sequence, double update) {
    private static final int TIMES = 3;

    /**
     * Measures.
     *
     * @param backend where to compute
     * @param config the model's sizes
     * @param settings the training
     * @return the time of a step in parts
     */
    public static StepEstimate measure(Backend backend, ModelConfig config, TrainerSettings settings) {
        StepEstimate one = measured(backend, config.withLayers(1), settings);
        StepEstimate two = measured(backend, config.withLayers(2), settings);
        int more = config.layers() - 1;
        return new StepEstimate(
                one.sequence + more * Math.max(0, two.sequence - one.sequence),
                one.update + more * Math.max(0, two.update - one.update));
    }

    private static StepEstimate measured(Backend backend, ModelConfig config, TrainerSettings settings) {
        Transformer model = Initialization.of(backend, config, settings.seed());
        AdamWOptimizer optimizer = new AdamWOptimizer(backend, model.trained(), settings.adamW());
        Objective objective = Objective.of(config);
        LossFunction loss =
                new LossFunction(
                        backend,
                        model,
                        optimizer.gradients(),
                        new LossFunction.Options(
                                1, settings.length(), false, settings.precision(), settings.checkpointActivations()));
        LossBatch batch = new LossBatch(1, settings.length());
        int[] tokens = new int[objective.blockLength(settings.length())];
        long[] passes = new long[TIMES];
        long[] updates = new long[TIMES];
        for (int i = 0; i < TIMES; i++) {
            // Half of the tokens are masked on average.
            batch.clear();
            for (int at = 0; at < settings.length(); at += 2) {
                batch.add(at, tokens[at], 1f / settings.length());
            }
            long start = System.nanoTime();
            loss.backward(batch, false);
            long middle = System.nanoTime();
            optimizer.update(i + 1, 0);
            passes[i] = middle - start;
            updates[i] = System.nanoTime() - middle;
        }
        return new StepEstimate(least(passes), least(updates));
    }

    /** The first time the JVM compiles. */
    private static double least(long[] nanos) {
        return LongStream.of(nanos).min().orElseThrow() * 1e-9;
    }

    /**
     * A whole run.
     *
     * @param settings the training
     * @return seconds
     */
    public double seconds(TrainerSettings settings) {
        return settings.steps() * (sequence * settings.batch() + update);
    }
}
