package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.Metrics;
import dev.unmask.train.MetricsFile;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.data.TokenBlocks;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A run that was stopped, or killed, and goes on leaves the files of one that was not, bit for bit. */
class ResumeTest {
    private static final int STEPS = 7;
    private static final TrainerSettings SETTINGS = SmallRun.settings(STEPS, 6, 2, Lines.LENGTH - 1, 0.5);

    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStoppedRunGoesOnWithTheSameBits(boolean causal) throws IOException {
        try (Backend backend = SmallRun.cpu(2)) {
            Path whole = whole(backend, causal);
            Path stopped = stopped(backend, causal, 3);
            resume(backend, stopped, 3);
            assertSameFiles(whole, stopped);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRunThatWasKilledWhileItSavedGoesOnFromTheCheckpointBefore(boolean causal) throws IOException {
        try (Backend backend = SmallRun.cpu(2)) {
            Path whole = whole(backend, causal);
            Path killed = stopped(backend, causal, 5);
            Path checkpoints = TrainingRun.checkpointsIn(killed);
            Path cut = checkpoints.resolve(".step-00000005.unfinished");
            Files.move(checkpoints.resolve("step-00000005"), cut);
            Files.delete(cut.resolve("optimizer.safetensors"));
            Files.writeString(killed.resolve(TrainingRun.METRICS), "{\"step\":6,\"lo", StandardOpenOption.APPEND);
            resume(backend, killed, 4);
            assertSameFiles(whole, killed);
        }
    }

    /** Validation text that asks a run to stop when some of its blocks have been read. */
    private static final class StopAtBlock implements TokenBlocks {
        private final TokenBlocks text = new Lines();
        private final int last;
        private Runnable stop = () -> {};
        private int read;

        StopAtBlock(int last) {
            this.last = last;
        }

        @Override
        public long blocks(int length) {
            return text.blocks(length);
        }

        @Override
        public void block(long index, int length, int[] into, int offset) {
            text.block(index, length, into, offset);
            if (++read == last) {
                stop.run();
            }
        }
    }

    /**
     * A validation reads eight blocks: the stops are within the one before the first step, and that after the fourth.
     */
    @ParameterizedTest
    @CsvSource({"5, 0", "18, 4"})
    void aRunThatIsStoppedWithinAValidationMakesItUpForItWhenItGoesOn(int block, long step) throws IOException {
        try (Backend backend = SmallRun.cpu(2)) {
            Path whole = whole(backend, false);
            Path run = folder.resolve("stopped");
            Trainer trainer = SmallRun.trainer(backend, SmallRun.model(backend, false), SETTINGS);
            StopAtBlock validated = new StopAtBlock(block);
            TrainingRun part = SmallRun.run(backend, run, trainer, STEPS, validated);
            validated.stop = part::stop;
            assertFalse(part.run(new SmallRun.StopAfter(part, -1)));
            assertEquals(step, trainer.step());
            assertTrue(validated.read < block + 4, "stopped at the next batch");
            if (step == 0) {
                Trainer anew = SmallRun.trainer(backend, SmallRun.model(backend, false), SETTINGS);
                TrainingRun again = SmallRun.run(backend, run, anew, STEPS);
                assertTrue(again.run(new SmallRun.StopAfter(again, -1)));
            } else {
                resume(backend, run, step);
            }
            assertSameFiles(whole, run);
        }
    }

    /** A step is of three micro-batches of two blocks: the run stops within its fourth. */
    @ParameterizedTest
    @ValueSource(ints = {19, 21})
    void aRunThatIsStoppedWithinAStepHasNotMadeIt(int block) throws IOException {
        try (Backend backend = SmallRun.cpu(2)) {
            Path whole = whole(backend, false);
            Path run = folder.resolve("stopped");
            StopAtBlock text = new StopAtBlock(block);
            Trainer trainer = new Trainer(backend, SmallRun.model(backend, false), text, SETTINGS);
            TrainingRun part = SmallRun.run(backend, run, trainer, STEPS);
            text.stop = part::stop;
            assertFalse(part.run(new SmallRun.StopAfter(part, -1)));
            assertEquals(3, trainer.step());
            assertTrue(text.read <= 24, "of the fourth step no more was read");
            resume(backend, run, 3);
            assertSameFiles(whole, run);
        }
    }

    private Path whole(Backend backend, boolean causal) throws IOException {
        Path run = folder.resolve("whole");
        Trainer trainer = SmallRun.trainer(backend, SmallRun.model(backend, causal), SETTINGS);
        TrainingRun all = SmallRun.run(backend, run, trainer, STEPS);
        assertTrue(all.run(new SmallRun.StopAfter(all, -1)));
        return run;
    }

    private Path stopped(Backend backend, boolean causal, int after) throws IOException {
        Path run = folder.resolve("stopped");
        Trainer trainer = SmallRun.trainer(backend, SmallRun.model(backend, causal), SETTINGS);
        TrainingRun part = SmallRun.run(backend, run, trainer, STEPS);
        assertFalse(part.run(new SmallRun.StopAfter(part, after)));
        return run;
    }

    private static void resume(Backend backend, Path run, long from) throws IOException {
        Path checkpoint = new Checkpoints(TrainingRun.checkpointsIn(run), 3).latest().orElseThrow();
        Transformer model = ModelFolder.open(checkpoint).load(backend, Weights.Use.TRAINING);
        Trainer trainer = SmallRun.trainer(backend, model, SETTINGS);
        new Checkpoint(checkpoint).restore(trainer);
        assertEquals(from, trainer.step());
        TrainingRun rest = SmallRun.run(backend, run, trainer, STEPS);
        assertTrue(rest.run(new SmallRun.StopAfter(rest, -1)));
    }

    private static void assertSameFiles(Path whole, Path resumed) throws IOException {
        for (String file : List.of("model.safetensors", "optimizer.safetensors", "config.json", "training.json")) {
            String name = "checkpoints/step-0000000" + STEPS + "/" + file;
            assertArrayEquals(Files.readAllBytes(whole.resolve(name)), Files.readAllBytes(resumed.resolve(name)), file);
        }
        assertEquals(metrics(whole), metrics(resumed));
    }

    /** All but the seconds, which no two runs share. */
    private static List<Metrics> metrics(Path run) throws IOException {
        return MetricsFile.read(run.resolve(TrainingRun.METRICS)).stream()
                .map(line -> line instanceof StepMetrics step ? step.withSeconds(0) : line)
                .toList();
    }
}
