package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.unmask.model.AdapterConfig;
import dev.unmask.model.Adapters;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.RunState;
import dev.unmask.train.Trainer;
import dev.unmask.train.Validation;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What goes into adapters is dropped in training, by the numbers of the run, and nowhere else. */
class AdapterDropoutTest {
    private static final int LENGTH = Lines.LENGTH - 1;

    @TempDir private Path folder;
    private Backend backend;
    private ModelFolder base;

    @BeforeEach
    void open() throws IOException {
        backend = SmallRun.cpu(1);
        Path model = folder.resolve("base");
        ModelFolder.save(SmallRun.model(backend, false), model);
        base = ModelFolder.open(model);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private Transformer adapted(double dropout) throws IOException {
        AdapterConfig how = AdapterConfig.of(folder.resolve("base").toString(), 2, 4, dropout, List.of("all"));
        return base.load(backend, Weights.Use.INFERENCE).withAdapters(Adapters.of(backend, base, how, 5));
    }

    private Trainer trainer(Transformer model, int microBatch) {
        return SmallRun.trainer(backend, model, SmallRun.settings(6, 4, microBatch, LENGTH, 0));
    }

    private Trainer trained(double dropout, int microBatch, int steps) throws IOException {
        Trainer trainer = trainer(adapted(dropout), microBatch);
        for (int i = 0; i < steps; i++) {
            trainer.next();
        }
        return trainer;
    }

    private static float[] someOf(Trainer trainer) {
        return trainer.model().trained().values().stream().toList().getLast().floats();
    }

    @Test
    void aStepIsTheSameHoweverItIsCutIntoMicroBatches() throws IOException {
        assertArrayEquals(someOf(trained(0.25, 4, 3)), someOf(trained(0.25, 1, 3)), 1e-5f);
        assertNotEquals(someOf(trained(0.25, 4, 3))[0], someOf(trained(0, 4, 3))[0]);
    }

    @Test
    void aRunThatGoesOnHasTheBitsOfOneThatDidNotStopAndKeepsItsRate() throws IOException {
        Trainer whole = trained(0.25, 2, 2);
        Path saved = new Checkpoints(folder.resolve("run"), 1).save(whole, Optional.empty(), RunState.NONE);
        ModelFolder files = ModelFolder.open(saved);
        Trainer resumed = trainer(files.load(backend, Weights.Use.TRAINING), 2);
        new Checkpoint(saved).restore(resumed);
        assertEquals(0.25, resumed.model().adapters().orElseThrow().config().dropout());
        for (int i = 0; i < 3; i++) {
            whole.next();
            resumed.next();
        }
        assertArrayEquals(someOf(whole), someOf(resumed));
    }

    @Test
    void nothingIsDroppedInValidation() throws IOException {
        Transformer model = trained(0.25, 2, 3).model();
        Transformer same = adapted(0);
        model.trained().forEach((name, tensor) -> copy(tensor, same.trained().get(name)));
        Validation.Settings settings = new Validation.Settings(2, LENGTH, 2, 2, Precision.F32);
        assertEquals(
                new Validation(backend, same, new Lines(), settings).measure(),
                new Validation(backend, model, new Lines(), settings).measure());
    }

    private static void copy(Tensor from, Tensor to) {
        to.set(from.floats());
    }
}
