package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.data.TokenBlocks;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

class WeightAverageTest {
    private static final ModelConfig CONFIG = ModelConfig.masked(1, 1, 8, 8, 16);
    private static final AverageSettings USED = new AverageSettings(0.9, true);
    private static final AverageSettings KEPT = new AverageSettings(0.9, false);

    @TempDir private Path folder;
    private Backend backend;

    private record Counting() implements TokenBlocks {
        @Override
        public long blocks(int length) {
            return 100;
        }

        @Override
        public void block(long index, int length, int[] into, int offset) {
            for (int i = 0; i < length; i++) {
                into[offset + i] = (int) (index + i) % 16;
            }
        }
    }

    @BeforeEach
    void open() {
        backend = Backends.open("vector", new BackendOptions(1, ""));
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private Trainer trainer(Transformer model, AverageSettings average) {
        return new Trainer(backend, model, new Counting(), TrainerSettings.of(10, 2, 8, 1e-2).withAverage(average));
    }

    private Trainer begun(AverageSettings average) {
        return trainer(Initialization.of(backend, CONFIG, 1), average);
    }

    private Trainer resumed(Path checkpoint, AverageSettings average) throws IOException {
        Trainer trainer = trainer(ModelFolder.open(checkpoint).load(backend, Weights.Use.TRAINING), average);
        new Checkpoint(checkpoint).restore(trainer);
        return trainer;
    }

    private Path save(Trainer trainer) throws IOException {
        return new Checkpoints(folder, 3).save(trainer, Optional.empty(), RunState.NONE);
    }

    private static void make(Trainer trainer, int steps) {
        for (int i = 0; i < steps; i++) {
            trainer.next();
        }
    }

    private static void assertSameBits(Map<String, Tensor> expected, Map<String, Tensor> found) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, tensor) -> assertArrayEquals(tensor.floats(), found.get(name).floats(), name));
    }

    @Test
    void itMovesTowardsTheWeightsAfterEveryStepByAShareThatShrinksToOneMinusTheDecay() {
        Trainer trainer = begun(USED);
        String name = "lm_head.weight";
        double expected = trainer.model().parameters().get(name).floats()[3];
        for (int step = 1; step <= 6; step++) {
            trainer.next();
            double decay = Math.min(0.9, (1.0 + step) / (10 + step));
            expected = decay * expected + (1 - decay) * trainer.model().parameters().get(name).floats()[3];
        }
        assertEquals(expected, trainer.evaluated().parameters().get(name).floats()[3], 1e-7);
        assertNotEquals(expected, trainer.model().parameters().get(name).floats()[3], 1e-5);
        assertEquals(1 - 0.9, USED.share(1_000_000), 1e-12);
    }

    @Test
    void itChangesNothingOfTheTraining() {
        Trainer with = begun(USED);
        Trainer without = begun(AverageSettings.NONE);
        make(with, 4);
        make(without, 4);
        assertSameBits(without.model().parameters(), with.model().parameters());
        assertSame(without.model(), without.evaluated());
    }

    @Test
    void aRunThatGoesOnHasTheBitsOfOneThatDidNotStop() throws IOException {
        for (AverageSettings settings : new AverageSettings[] {USED, KEPT}) {
            Trainer whole = begun(settings);
            make(whole, 3);
            Path saved = save(whole);
            make(whole, 3);
            Trainer resumed = resumed(saved, settings);
            make(resumed, 3);
            assertSameBits(whole.model().parameters(), resumed.model().parameters());
            assertSameBits(whole.average().orElseThrow().tensors(), resumed.average().orElseThrow().tensors());
        }
    }

    @Test
    void theModelOfACheckpointIsTheAverageWhereItIsUsedAndTheWeightsWhereItIsOnlyKept() throws IOException {
        for (AverageSettings settings : new AverageSettings[] {USED, KEPT}) {
            Trainer trainer = begun(settings);
            make(trainer, 3);
            Transformer saved = ModelFolder.open(save(trainer)).load(backend, Weights.Use.INFERENCE);
            assertSameBits(
                    settings.used() ? trainer.average().orElseThrow().tensors() : trainer.model().parameters(),
                    saved.parameters());
        }
    }

    @Test
    void whetherItIsUsedMayChangeWhenARunGoesOn() throws IOException {
        Trainer first = begun(USED);
        make(first, 3);
        Trainer other = resumed(save(first), KEPT);
        assertSame(other.model(), other.evaluated());
        make(other, 1);
        Trainer again = resumed(save(other), USED);
        make(first, 3);
        make(again, 2);
        assertSameBits(first.model().parameters(), again.model().parameters());
        assertSameBits(first.evaluated().parameters(), again.evaluated().parameters());
    }

    @Test
    void aRunThatGoesOnMayBeginOrEndTheAverage() throws IOException {
        Trainer without = begun(AverageSettings.NONE);
        make(without, 2);
        Trainer with = resumed(save(without), USED);
        assertSameBits(with.model().parameters(), with.evaluated().parameters());
        make(with, 2);
        Trainer ended = resumed(save(with), AverageSettings.NONE);
        make(without, 3);
        make(ended, 1);
        assertSameBits(without.model().parameters(), ended.model().parameters());
    }

    @Test
    void aDecayOfOneOrMoreIsRefused() {
        assertThrows(InputException.class, () -> new AverageSettings(1, true));
        assertThrows(InputException.class, () -> new AverageSettings(-0.1, true));
        assertThrows(InputException.class, () -> new AverageSettings(Double.NaN, true));
    }
}
