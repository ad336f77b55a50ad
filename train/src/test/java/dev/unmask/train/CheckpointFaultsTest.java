package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.DamagedCheckpointException;
import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.NonFiniteException;
import dev.unmask.model.Verification;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.data.TokenBlocks;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** No single fault in any file of a checkpoint goes unnoticed, and the checkpoint before it is found. */
class CheckpointFaultsTest {
    private static final ModelConfig CONFIG = ModelConfig.masked(1, 1, 8, 8, 16);

    @TempDir private Path folder;
    private Checkpoint earlier;
    private Checkpoint later;

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
    void save() throws IOException {
        try (Backend backend = Backends.open("vector", new BackendOptions(1, ""))) {
            Trainer trainer = trainer(backend);
            Path tokenizer = Files.writeString(folder.resolve("any.json"), "{\"a\": 1}");
            RunState state =
                    new RunState(Optional.of(RunConfig.defaults("tiny", 9)), Optional.empty(), Optional.empty());
            Checkpoints checkpoints = new Checkpoints(folder, 3);
            trainer.next();
            earlier = new Checkpoint(checkpoints.save(trainer, Optional.of(tokenizer), state));
            trainer.next();
            later = new Checkpoint(checkpoints.save(trainer, Optional.of(tokenizer), state));
        }
    }

    private static Trainer trainer(Backend backend) {
        return new Trainer(
                backend, Initialization.of(backend, CONFIG, 1), new Counting(), TrainerSettings.of(9, 2, 8, 1e-2));
    }

    private static Set<String> files(Checkpoint checkpoint) throws IOException {
        try (Stream<Path> files = Files.list(checkpoint.folder())) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private String damage(Verification how) {
        return assertThrows(DamagedCheckpointException.class, () -> later.verify(how)).getMessage();
    }

    @Test
    void whatWasSavedIsWholeAndNamesEveryFile() throws IOException {
        for (Checkpoint checkpoint : List.of(earlier, later)) {
            checkpoint.verify(Verification.WHOLE);
            checkpoint.verify(Verification.USUAL);
            assertTrue(checkpoint.isHashed());
        }
        assertEquals(
                Set.of("config.json", "model.safetensors", "optimizer.safetensors", "tokenizer.json", "training.json"),
                files(later));
        ObjectNode state = later.json();
        for (String name : List.of("config.json", "model.safetensors", "optimizer.safetensors", "tokenizer.json")) {
            assertEquals(
                    Files.size(later.folder().resolve(name)),
                    state.path("files").path(name).path("bytes").asLong(),
                    name);
        }
        assertEquals(2, later.step());
        assertEquals(later, new Checkpoints(folder, 1).latestWhole(Long.MAX_VALUE).orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"config.json", "model.safetensors", "optimizer.safetensors", "tokenizer.json", "training.json"})
    void aFlippedBitIsNoticedWhereverItIs(String name) throws IOException {
        Path file = later.folder().resolve(name);
        byte[] content = Files.readAllBytes(file);
        Random random = new Random(13);
        for (int i = 0; i < 100; i++) {
            int bit = random.nextInt(8 * content.length);
            byte[] flipped = content.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            String message = damage(Verification.WHOLE);
            assertTrue(message.startsWith(file.toString()), "bit " + bit + ": " + message);
            if (!name.equals("optimizer.safetensors")) {
                assertEquals(message, damage(Verification.USUAL));
            }
        }
        assertEquals(earlier, later.wholeBefore().orElseThrow());
    }

    @Test
    void aFileThatIsCutShortLongerOrGoneIsNoticed() throws IOException {
        for (String name : files(later)) {
            Path file = later.folder().resolve(name);
            byte[] content = Files.readAllBytes(file);
            for (int length : List.of(0, 1, content.length / 2, content.length - 1, content.length + 1)) {
                Files.write(file, Arrays.copyOf(content, length));
                assertTrue(damage(Verification.WHOLE).startsWith(file.toString()));
            }
            Files.delete(file);
            assertEquals(file + ": found no such file", damage(Verification.WHOLE).split(", expected")[0]);
            Files.write(file, content);
        }
        later.verify(Verification.WHOLE);
    }

    @Test
    void aFileOfAnotherStepIsNoticed() throws IOException {
        for (String name : List.of("model.safetensors", "optimizer.safetensors", "training.json")) {
            Path file = later.folder().resolve(name);
            byte[] content = Files.readAllBytes(file);
            Files.write(file, Files.readAllBytes(earlier.folder().resolve(name)));
            assertTrue(damage(Verification.WHOLE).startsWith(later.folder().toString()), name);
            Files.write(file, content);
        }
    }

    @Test
    void aFolderThatWasRenamedIsNoticed() throws IOException {
        Path renamed = Files.move(later.folder(), folder.resolve("step-00000003"));
        assertEquals(
                renamed.resolve("training.json")
                        + ": step: found 2, expected 3 by the name of the folder; resume from another checkpoint",
                assertThrows(DamagedCheckpointException.class, () -> new Checkpoint(renamed).verify(Verification.USUAL))
                        .getMessage());
        Checkpoint copied = new Checkpoint(Files.move(renamed, folder.resolve("best")));
        assertDoesNotThrow(() -> copied.verify(Verification.WHOLE));
        assertEquals(Optional.empty(), copied.wholeBefore());
    }

    /** As an older version wrote it: without hashes, so that only what is said twice can be compared. */
    private void rewriteState(String json) throws IOException {
        Files.writeString(later.folder().resolve("training.json"), json);
    }

    @Test
    void aStateWithoutHashesIsReadAndItsStepCompared() throws IOException {
        rewriteState("{\"step\": 2}");
        later.verify(Verification.WHOLE);
        assertFalse(later.isHashed());
        rewriteState("{\"step\": 1}");
        assertTrue(damage(Verification.WHOLE).contains("step: found 1, expected 2 by the name of the folder"));
        rewriteState("{\"step\": 2, \"config\": {\"trainer\": {\"steps\": 1}}}");
        assertTrue(damage(Verification.WHOLE).contains("step: found 2, expected at most the 1 steps of its run"));
        rewriteState("{\"step\": 2}");
        Files.write(
                later.folder().resolve("optimizer.safetensors"),
                Files.readAllBytes(earlier.folder().resolve("optimizer.safetensors")));
        assertTrue(damage(Verification.WHOLE).contains("found moments of step 1, expected those of step 2"));
    }

    @Test
    void weightsThatAreNotFiniteAreNotSavedAndTheCheckpointsBeforeAreLeft() throws IOException {
        try (Backend backend = Backends.open("vector", new BackendOptions(1, ""))) {
            Trainer trainer = trainer(backend);
            trainer.resumeAt(3);
            float[] norm = new float[8];
            norm[5] = Float.NEGATIVE_INFINITY;
            trainer.model().parameters().get("transformer.ln_f.weight").set(norm);
            String message =
                    assertThrows(
                                    NonFiniteException.class,
                                    () -> new Checkpoints(folder, 1).save(trainer, Optional.empty(), RunState.NONE))
                            .getMessage();
            assertEquals("transformer.ln_f.weight at [5] is not a finite number; nothing was saved", message);
        }
        later.verify(Verification.WHOLE);
        earlier.verify(Verification.WHOLE);
        try (Stream<Path> entries = Files.list(folder)) {
            assertEquals(
                    List.of("any.json", "step-00000001", "step-00000002"),
                    entries.map(entry -> entry.getFileName().toString()).sorted().toList());
        }
    }
}
