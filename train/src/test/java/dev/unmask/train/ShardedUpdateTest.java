package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.program.DryRun;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Processes that share the update, each with the moments of some parameters; here they are threads. */
class ShardedUpdateTest {
    private static final ModelConfig CONFIG = ModelConfig.masked(2, 2, 16, 24, 32);
    private static final int BUCKET = 1000;
    private static final BackendOptions ONE_THREAD = new BackendOptions(1, "");

    @TempDir private Path folder;

    /**
     * What a process is left with: losses and norms, the names of the moments it holds, and how many numbers they are.
     */
    private record Outcome(List<Double> said, List<String> held, long elements) {}

    private static TrainerSettings settings(int ranks) {
        TrainerSettings settings = TrainerSettings.of(4, ranks, 8, 1e-2).withMicroBatch(1);
        return settings.withAverage(new AverageSettings(0.9, true));
    }

    /** Trains until the plan's end and saves there. */
    private List<Outcome> train(int ranks, boolean sharded, TrainingRun.Plan plan, Path run) throws Exception {
        return ThreadJob.run(
                ranks,
                collective -> {
                    try (CollectiveExchange exchange = new CollectiveExchange(collective, sharded, BUCKET);
                            Backend backend = Backends.open("vector", ONE_THREAD)) {
                        return train(backend, exchange, plan, run);
                    }
                });
    }

    private Outcome train(Backend backend, CollectiveExchange exchange, TrainingRun.Plan plan, Path run)
            throws IOException {
        Optional<Checkpoint> start = new Checkpoints(TrainingRun.checkpointsIn(run), 9).latest().map(Checkpoint::new);
        exchange.meet();
        Transformer model =
                start.isPresent()
                        ? ModelFolder.open(start.get().folder()).load(backend, Weights.Use.TRAINING)
                        : Initialization.of(backend, CONFIG, 1);
        Trainer trainer =
                new Trainer(
                        backend,
                        model,
                        new CountedBlocks(),
                        settings(exchange.ranks()),
                        Objective.of(CONFIG),
                        exchange);
        if (start.isPresent()) {
            start.get().restore(trainer);
        }
        exchange.meet();
        List<Double> said = new ArrayList<>();
        new TrainingRun(run, trainer, Optional.empty(), plan, Optional.empty(), RunState.NONE).run(new Said(said));
        Map<String, Tensor> held = trainer.optimizer().firstMoments();
        assertEquals(held.keySet(), trainer.optimizer().secondMoments().keySet());
        return new Outcome(
                said,
                List.copyOf(held.keySet()),
                held.values().stream().mapToLong(tensor -> tensor.shape().elements()).sum());
    }

    private record Said(List<Double> numbers) implements TrainingRun.Listener {
        @Override
        public void step(StepMetrics metrics) {
            numbers.add(metrics.loss());
            numbers.add(metrics.gradientNorm());
        }

        @Override
        public void validation(long step, Validation.Result result) {}

        @Override
        public void checkpoint(Path saved) {}
    }

    private static TrainingRun.Plan until(long step) {
        return new TrainingRun.Plan(step, 0, 2, 9);
    }

    private static void assertSameCheckpoint(Path run, Path other, String step) throws IOException {
        for (String file : List.of("model.safetensors", "optimizer.safetensors")) {
            assertArrayEquals(
                    Files.readAllBytes(TrainingRun.checkpointsIn(run).resolve(step).resolve(file)),
                    Files.readAllBytes(TrainingRun.checkpointsIn(other).resolve(step).resolve(file)),
                    file);
        }
    }

    /** With thirty processes some have nothing to update, as there are fewer parameters. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 30})
    void aSharedUpdateHasTheBitsOfAWholeOne(int ranks) throws Exception {
        Path whole = folder.resolve("whole");
        Path shared = folder.resolve("shared");

        List<Outcome> expected = train(ranks, false, until(4), whole);
        List<Outcome> found = train(ranks, true, until(4), shared);

        assertEquals(expected.getFirst().said, found.getFirst().said);
        assertSameCheckpoint(whole, shared, "step-00000002");
        assertSameCheckpoint(whole, shared, "step-00000004");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void everyMomentIsHeldOnceAndSharesAreAboutEqual(int ranks) throws Exception {
        Outcome whole = train(ranks, false, until(1), folder.resolve("whole")).getFirst();
        List<Outcome> found = train(ranks, true, until(1), folder.resolve("shared"));

        List<String> held = found.stream().flatMap(each -> each.held.stream()).toList();
        assertEquals(whole.held.size(), held.size());
        assertEquals(new TreeSet<>(whole.held), new TreeSet<>(held));
        for (Outcome each : found) {
            assertEquals((double) whole.elements / ranks, each.elements, 0.1 * whole.elements);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, true"})
    void aRunGoesOnWithOrWithoutIt(boolean first, boolean then) throws Exception {
        Path whole = folder.resolve("whole");
        Path changed = folder.resolve("changed");
        train(3, false, until(4), whole);

        train(3, first, until(2), changed);
        train(3, then, until(4), changed);

        assertSameCheckpoint(whole, changed, "step-00000004");
    }

    @Test
    void thePlanIsOfTheProcessWithTheLargestShare() throws Exception {
        long largest =
                train(3, true, until(1), folder.resolve("run")).stream()
                        .mapToLong(each -> each.elements)
                        .max()
                        .orElseThrow();

        try (DryRun whole = Backends.dryRun("vector", ONE_THREAD);
                DryRun shared = Backends.dryRun("vector", ONE_THREAD)) {
            long all = moments(whole, GradientExchange.NONE);
            long share = moments(shared, new PlannedShards(3));

            // Each tensor begins where a line of the cache does.
            assertEquals(2 * Float.BYTES * largest, share, 0.02 * all);
            assertTrue(share < 0.5 * all, share + " of " + all);
        }
    }

    private static long moments(DryRun dryRun, GradientExchange exchange) {
        MemoryEstimate plan =
                MemoryEstimate.ofTraining(
                        dryRun, Initialization.zeros(dryRun, CONFIG), settings(3), Optional.empty(), exchange, _ -> {});
        return plan.parts().stream().filter(part -> part.name().equals("moments")).findFirst().orElseThrow().bytes();
    }
}
