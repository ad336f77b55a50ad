package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Processes that share the sequences of each step; here they are threads, each with a backend of its own. */
class CollectiveExchangeTest {
    private static final int STEPS = 3;
    private static final int BATCH = 6;
    private static final int LENGTH = 8;
    private static final ModelConfig CONFIG = ModelConfig.masked(2, 2, 16, 24, 32);

    /** What a process is left with. */
    private record Outcome(List<Double> losses, List<Double> norms, float[] weights) {}

    private static Outcome train(GradientExchange exchange, int microBatch) {
        try (Backend backend = Backends.open("vector", new BackendOptions(1, ""))) {
            Trainer trainer =
                    new Trainer(
                            backend,
                            Initialization.of(backend, CONFIG, 1),
                            new CountedBlocks(),
                            TrainerSettings.of(STEPS, BATCH, LENGTH, 1e-2).withMicroBatch(microBatch),
                            Objective.of(CONFIG),
                            exchange);
            List<Double> losses = new ArrayList<>();
            List<Double> norms = new ArrayList<>();
            for (int i = 0; i < STEPS; i++) {
                StepMetrics done = trainer.next();
                losses.add(done.loss());
                norms.add(done.gradientNorm());
            }
            List<float[]> weights =
                    trainer.model().parameters().values().stream().map(tensor -> tensor.floats()).toList();
            float[] all = new float[weights.stream().mapToInt(values -> values.length).sum()];
            int at = 0;
            for (float[] values : weights) {
                System.arraycopy(values, 0, all, at, values.length);
                at += values.length;
            }
            return new Outcome(losses, norms, all);
        }
    }

    private static List<Outcome> train(int ranks, int bucket, int microBatch) throws Exception {
        return ThreadJob.run(
                ranks,
                collective -> {
                    try (CollectiveExchange exchange = new CollectiveExchange(collective, false, bucket)) {
                        return train(exchange, microBatch);
                    }
                });
    }

    @ParameterizedTest
    @CsvSource({"2, 3", "2, 1", "3, 2", "3, 1", "6, 1"})
    void manyProcessesMakeTheStepsOfOne(int ranks, int microBatch) throws Exception {
        Outcome alone = train(GradientExchange.NONE, BATCH);

        for (Outcome each : train(ranks, 1000, microBatch)) {
            for (int i = 0; i < STEPS; i++) {
                assertEquals(alone.losses.get(i), each.losses.get(i), 1e-6 * alone.losses.get(i));
                assertEquals(alone.norms.get(i), each.norms.get(i), 1e-5 * alone.norms.get(i));
            }
            // Adam divides by roots of squares: where a gradient is next to nothing, its rounding is not.
            assertArrayEquals(alone.weights, each.weights, 1e-4f);
        }
    }

    /** A bucket that cuts through tensors and one that holds all: what a sum is does not depend on it. */
    @ParameterizedTest
    @ValueSource(ints = {7, 1000, 1 << 20})
    void allProcessesHaveTheSameBitsWhateverTheBuckets(int bucket) throws Exception {
        Outcome usual = train(3, 4096, 1).getFirst();

        for (Outcome each : train(3, bucket, 1)) {
            assertArrayEquals(usual.weights, each.weights);
            assertEquals(usual.losses, each.losses);
            assertEquals(usual.norms, each.norms);
        }
    }

    @Test
    void aBatchThatCannotBeSharedEvenlyIsRefused() {
        ExecutionException refused = assertThrows(ExecutionException.class, () -> train(4, 1000, 3));

        assertEquals(IllegalArgumentException.class, refused.getCause().getClass());
    }
}
