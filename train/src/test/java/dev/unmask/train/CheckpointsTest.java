package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.DamagedCheckpointException;
import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Weights;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.DiskSpace;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.data.TokenBlocks;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

class CheckpointsTest {
    private static final ModelConfig CONFIG = ModelConfig.masked(1, 1, 8, 8, 16);

    @TempDir private Path parent;
    private Path folder;
    private Backend backend;
    private Trainer trainer;

    /** Endless repetition of the numbers from 0 to 15. */
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
        folder = parent.resolve("checkpoints");
        backend = Backends.open("vector", new BackendOptions(1, ""));
        trainer = trainer(CONFIG);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private Trainer trainer(ModelConfig config) {
        return new Trainer(
                backend, Initialization.of(backend, config, 1), new Counting(), TrainerSettings.of(10, 2, 8, 1e-2));
    }

    private Path save(Checkpoints checkpoints, long step) throws IOException {
        trainer.resumeAt(step);
        return checkpoints.save(trainer, Optional.empty(), RunState.NONE);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void onlyTheLastOnesAreKept() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder, 2);
        for (long step = 7; step <= 11; step++) {
            assertEquals(folder.resolve(String.format("step-%08d", step)), save(checkpoints, step));
        }
        assertEquals(List.of("step-00000010", "step-00000011"), names());
        assertEquals(folder.resolve("step-00000011"), checkpoints.latest().orElseThrow());
    }

    @Test
    void fewerThanAreKeptAreAllLeft() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder, 5);
        save(checkpoints, 1);
        save(checkpoints, 2);
        assertEquals(List.of("step-00000001", "step-00000002"), names());
    }

    @Test
    void theNewestIsTheOneOfTheHighestStepHoweverManyDigitsItHas() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder, 1);
        save(checkpoints, 99_999_999);
        save(checkpoints, 100_000_000);
        assertEquals(List.of("step-100000000"), names());
        assertEquals(folder.resolve("step-100000000"), checkpoints.latest().orElseThrow());
    }

    @Test
    void whatElseLiesThereIsNeitherACheckpointNorRemoved() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder, 1);
        Files.createDirectories(folder.resolve("step-00000001-best"));
        Files.createDirectories(folder.resolve("step-notes"));
        Files.writeString(folder.resolve("step-00000002"), "a file");
        assertEquals(Optional.empty(), checkpoints.latest());
        save(checkpoints, 3);
        save(checkpoints, 4);
        assertEquals(List.of("step-00000001-best", "step-00000002", "step-00000004", "step-notes"), names());
        assertEquals(folder.resolve("step-00000004"), checkpoints.latest().orElseThrow());
    }

    @Test
    void aSaveForWhichThereIsNoRoomSaysWhatItTakesAndWhatToDo() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder, 1);
        IOException full = new IOException("weights: cannot be written: No space left on device");
        DiskSpace none = new DiskSpace("/data (/dev/sdb1)", 3 << 20, 1L << 40);
        String found =
                "the checkpoint of step 9 takes about 100.0 MiB, but the disk /data (/dev/sdb1) has 3.0 MiB left of"
                        + " 1.0 TiB without it, and it was not saved: "
                        + full.getMessage();
        assertEquals(
                found + "; no checkpoint is saved yet: make room, and begin again",
                checkpoints.explained(full, 9, 100 << 20, none).getMessage());
        save(checkpoints, 5);
        assertEquals(
                found + "; make room, and go on from step-00000005 by --resume",
                checkpoints.explained(full, 9, 100 << 20, none).getMessage());
    }

    @Test
    void aSaveForWhichThereIsRoomFailsForItsOwnReason() throws IOException {
        IOException broken = new IOException("weights: cannot be written: Input/output error");
        DiskSpace room = new DiskSpace("/data (/dev/sdb1)", 1L << 39, 1L << 40);
        assertSame(broken, new Checkpoints(folder, 1).explained(broken, 9, 100 << 20, room));
    }

    @Test
    void whatAKilledSaveLeftIsNoCheckpointAndIsReplaced() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder, 3);
        Path cut = Files.createDirectories(folder.resolve(".step-00000005.unfinished"));
        Files.writeString(cut.resolve("config.json"), "half of");
        assertEquals(Optional.empty(), checkpoints.latest());
        Path saved = save(checkpoints, 5);
        assertEquals(List.of("step-00000005"), names());
        assertEquals(CONFIG, ModelFolder.open(saved).config());
    }

    @Test
    void aStepThatIsSavedAgainReplacesWhatItLeft() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder, 3);
        Path stale = Files.writeString(save(checkpoints, 5).resolve("stale"), "old");
        save(checkpoints, 5);
        assertFalse(Files.exists(stale));
        assertEquals(List.of("step-00000005"), names());
    }

    @Test
    void weightsMomentsStepTokenizerAndStateComeBack() throws IOException {
        trainer.next();
        trainer.next();
        Path tokenizer = Files.writeString(parent.resolve("any.json"), "{\"a\": 1}");
        Files.writeString(parent.resolve("tokenizer_config.json"), "{\"b\": 2}");
        RunState state =
                new RunState(Optional.of(RunConfig.defaults("tiny", 7)), Optional.of("ab12"), Optional.empty());
        Path saved = new Checkpoints(folder, 1).save(trainer, Optional.of(tokenizer), state);

        Trainer other =
                new Trainer(
                        backend,
                        ModelFolder.open(saved).load(backend, Weights.Use.TRAINING),
                        new Counting(),
                        TrainerSettings.of(10, 2, 8, 1e-2));
        new Checkpoint(saved).restore(other);
        assertEquals(2, other.step());
        trainer.optimizer()
                .firstMoments()
                .forEach((name, moment) ->
                        assertArrayEquals(moment.floats(), other.optimizer().firstMoments().get(name).floats(), name));
        trainer.optimizer()
                .secondMoments()
                .forEach((name, moment) ->
                        assertArrayEquals(moment.floats(), other.optimizer().secondMoments().get(name).floats(), name));
        assertEquals(trainer.next().loss(), other.next().loss());
        assertEquals("{\"a\": 1}", Files.readString(saved.resolve("tokenizer.json")));
        assertEquals("{\"b\": 2}", Files.readString(saved.resolve("tokenizer_config.json")));
        assertEquals(state, new Checkpoint(saved).state());
        assertEquals(2, new Checkpoint(saved).step());
    }

    @Test
    void aKeyThatAnOlderVersionDidNotKnowIsAsInTheDefaults() throws IOException {
        Path saved = save(new Checkpoints(folder, 1), 1);
        Files.writeString(
                saved.resolve("training.json"),
                """
                {"step": 1, "config": {"preset": "6M", "trainer": {"length": 64}}, "text_sha256": "ab12"}
                """);
        RunState state = new Checkpoint(saved).state();
        RunConfig usual = RunConfig.defaults("tiny", 1);
        assertEquals("6M", state.config().orElseThrow().preset());
        assertEquals(64, state.config().orElseThrow().trainer().length());
        assertEquals(usual.trainer().adamW(), state.config().orElseThrow().trainer().adamW());
        assertEquals(Optional.of("ab12"), state.text());
    }

    @Test
    void aConfigurationThatMeansNothingIsRefusedByItsFile() throws IOException {
        Path saved = save(new Checkpoints(folder, 1), 1);
        Path state =
                Files.writeString(saved.resolve("training.json"), "{\"step\": 1, \"config\": {\"colour\": \"red\"}}");
        String message = assertThrows(InputException.class, () -> new Checkpoint(saved).state()).getMessage();
        assertTrue(message.startsWith(state + ": unknown key colour; expected one of "), message);
        assertEquals(1, new Checkpoint(saved).step(), "which needs no configuration");
    }

    @Test
    void aFolderThatIsNotThereHoldsNoCheckpoint() throws IOException {
        assertEquals(Optional.empty(), new Checkpoints(folder, 1).latest());
    }

    @Test
    void toKeepNoneIsRefused() {
        assertEquals(
                "checkpoints to keep: found 0, expected at least 1",
                assertThrows(InputException.class, () -> new Checkpoints(folder, 0)).getMessage());
    }

    @Test
    void momentsOfAnotherModelAreRefusedByFileAndName() throws IOException {
        Path saved = save(new Checkpoints(folder, 1), 1);
        Path moments = saved.resolve("optimizer.safetensors");
        // As many numbers, in another shape.
        Trainer turned = trainer(new ModelConfig(1, 1, 8, 8, 15, 1, true, 1e-5f, 10000, false, 64));
        String message = assertThrows(InputException.class, () -> new Checkpoint(saved).restore(turned)).getMessage();
        assertTrue(
                message.startsWith(moments + ": first.lm_head.weight: found F32[16, 8], expected F32[15, 8]"), message);
        Trainer deeper = trainer(ModelConfig.masked(2, 1, 8, 8, 16));
        String missing = assertThrows(InputException.class, () -> new Checkpoint(saved).restore(deeper)).getMessage();
        assertTrue(missing.startsWith(moments.toString()) && missing.contains("first.transformer.h.1."), missing);
    }

    @Test
    void aStateWithoutAStepIsRefused() throws IOException {
        Path saved = save(new Checkpoints(folder, 1), 1);
        Path state = Files.writeString(saved.resolve("training.json"), "{\"step\": \"many\"}");
        assertEquals(
                state + ": step: found \"many\", expected the number of steps done; resume from another checkpoint",
                assertThrows(InputException.class, () -> new Checkpoint(saved).restore(trainer)).getMessage());
        Files.writeString(state, "{}");
        assertEquals(
                state + ": step: found nothing, expected the number of steps done; resume from another checkpoint",
                assertThrows(InputException.class, () -> new Checkpoint(saved).restore(trainer)).getMessage());
        Files.delete(state);
        assertEquals(
                state + ": found no such file, expected the state of the run",
                assertThrows(DamagedCheckpointException.class, () -> new Checkpoint(saved).restore(trainer))
                        .getMessage());
    }
}
