package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.json.StrictJson;
import dev.unmask.train.data.FolderLock;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What commands say of checkpoints that are damaged, and what they go on with. */
class DamagedRunTest {
    @TempDir private Path folder;
    private Path run;
    private Path earlier;
    private Path later;

    @BeforeEach
    void train() throws IOException {
        List<String> lines = IntStream.range(0, 200).mapToObj(i -> "the cat number " + i + " sleeps").toList();
        Path text = Files.write(folder.resolve("text.txt"), lines);
        run = folder.resolve("run");
        CommandLineOutcome begun =
                CommandLineOutcome.of(
                        "train",
                        "--out=" + run,
                        "--data=" + text,
                        "--preset=tiny",
                        "--tokenizer=bytes",
                        "--steps=2",
                        "--batch=2",
                        "--length=8",
                        "--set=data.validation_fraction=0.2",
                        "--set=checkpoint.every=1");
        assertEquals(0, begun.code(), begun.err());
        earlier = run.resolve("checkpoints/step-00000001");
        later = run.resolve("checkpoints/step-00000002");
    }

    private CommandLineOutcome resume(String option, String... more) {
        return CommandLineOutcome.of(
                Stream.concat(Stream.of("train", "--out=" + run, option), Stream.of(more)).toArray(String[]::new));
    }

    private static void flip(Path file, int fromEnd) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length - fromEnd] ^= 1;
        Files.write(file, content);
    }

    private static void refused(CommandLineOutcome outcome, Path file, String found) {
        assertEquals(2, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains(file + ": " + found), outcome.err());
        assertFalse(outcome.err().contains("\tat "), outcome.err());
    }

    /** The commands that use a model, each in its simplest form. */
    private static List<String[]> uses(Path model) {
        return List.of(
                new String[] {"eval", "--model=" + model, "--length=8", "--batch=2"},
                new String[] {"sample", "--model=" + model, "--length=4", "--steps=1"},
                new String[] {"fill", "--model=" + model, "a ____"});
    }

    @Test
    void aDamagedNewestCheckpointIsNamedAndTheWholeOneBeforeItOffered() throws IOException {
        Path moments = later.resolve("optimizer.safetensors");
        flip(moments, 5);
        CommandLineOutcome plain = resume("--resume", "--steps=3");
        refused(plain, moments, "found SHA-256 ");
        assertTrue(
                plain.err()
                        .contains(
                                "; the one before it, step-00000001, is whole: go on from it by --resume=latest-whole"),
                plain.err());
        assertTrue(Files.exists(later));
        CommandLineOutcome whole = resume("--resume=latest-whole", "--steps=3");
        assertEquals(0, whole.code(), whole.err());
        assertTrue(whole.err().contains("--resume: going on from step-00000001"), whole.err());
        assertTrue(whole.err().contains("kept as " + later + "-damaged"), whole.err());
        assertTrue(Files.exists(Path.of(later + "-damaged").resolve("optimizer.safetensors")));
        assertTrue(Files.exists(later.resolve("training.json")), "made again");
        assertEquals(0, resume("--resume", "--steps=4").code());
    }

    @Test
    void theNewestIsTheNewestWholeOneIfNothingIsDamaged() {
        CommandLineOutcome whole = resume("--resume=latest-whole", "--steps=3");
        assertEquals(0, whole.code(), whole.err());
        assertTrue(whole.err().contains("--resume: going on from step-00000002"), whole.err());
    }

    @Test
    void aRunGoesOnFromACheckpointByItsName() {
        refused(resume("--resume=step-00000007"), Path.of("--resume"), "found step-00000007, expected nothing,");
        CommandLineOutcome named = resume("--resume=step-00000001", "--steps=3");
        assertEquals(0, named.code(), named.err());
        assertTrue(Files.exists(Path.of(later + "-replaced")), named.err());
        assertTrue(Files.exists(later));
    }

    @Test
    void nothingIsOfferedWhereNothingIsWhole() throws IOException {
        flip(earlier.resolve("model.safetensors"), 1);
        flip(later.resolve("model.safetensors"), 1);
        CommandLineOutcome plain = resume("--resume", "--steps=3");
        refused(plain, later.resolve("model.safetensors"), "found SHA-256 ");
        assertTrue(plain.err().contains("; no checkpoint before it is whole"), plain.err());
        CommandLineOutcome whole = resume("--resume=latest-whole", "--steps=3");
        assertEquals(2, whole.code());
        assertTrue(whole.err().contains("has no checkpoint that is whole"), whole.err());
    }

    @Test
    void damageInWhatAModelIsMadeOfIsNamedByEveryCommandThatUsesIt() throws IOException {
        for (String name : List.of("model.safetensors", "config.json", "tokenizer.json", "training.json")) {
            Path file = later.resolve(name);
            byte[] content = Files.readAllBytes(file);
            flip(file, 30);
            for (Path model : List.of(run, later)) {
                for (String[] use : uses(model)) {
                    CommandLineOutcome outcome = CommandLineOutcome.of(use);
                    refused(outcome, file, "");
                    assertTrue(
                            outcome.err().contains("step-00000001, is whole: name it by --model " + earlier),
                            outcome.err());
                }
            }
            Path other = folder.resolve("other");
            refused(CommandLineOutcome.of("train", "--out=" + other, "--from=" + run), file, "");
            assertFalse(Files.exists(other));
            Files.write(file, content);
        }
    }

    @Test
    void everyByteIsComparedWhereThatIsAskedFor() throws IOException {
        String[] verify = {"eval", "--model=" + run, "--length=8", "--batch=2", "--verify"};
        assertEquals(0, CommandLineOutcome.of(verify).code());
        flip(later.resolve("optimizer.safetensors"), 1);
        assertEquals(0, CommandLineOutcome.of(uses(run).getFirst()).code(), "eval has no use for moments");
        refused(CommandLineOutcome.of(verify), later.resolve("optimizer.safetensors"), "found SHA-256");
        Files.delete(later.resolve("training.json"));
        CommandLineOutcome bare = CommandLineOutcome.of(verify);
        assertEquals(0, bare.code(), bare.err());
        assertTrue(bare.err().contains("--verify: found no training.json with hashes beside " + later), bare.err());
    }

    @Test
    void aCheckpointOfAnOlderVersionIsReadWithAWarning() throws IOException {
        Path state = later.resolve("training.json");
        var json = StrictJson.read(state);
        json.remove(List.of("files", "sha256"));
        Files.writeString(state, StrictJson.print(json));
        String warning = later + ": saved by an older version, without hashes of its files";
        CommandLineOutcome eval = CommandLineOutcome.of(uses(run).getFirst());
        assertEquals(0, eval.code(), eval.err());
        assertTrue(eval.err().contains(warning), eval.err());
        CommandLineOutcome more = resume("--resume", "--steps=3");
        assertEquals(0, more.code(), more.err());
        assertEquals(1, more.err().lines().filter(line -> line.contains(warning)).count());
    }

    @Test
    void aNumberThatIsNotFiniteIsNamedByEveryCommand() throws IOException {
        Path model = Files.createDirectory(folder.resolve("model"));
        for (String name : List.of("config.json", "tokenizer.json", "model.safetensors")) {
            Files.copy(later.resolve(name), model.resolve(name));
        }
        byte[] content = Files.readAllBytes(model.resolve("model.safetensors"));
        // The final norm is the last tensor of the file.
        for (int bits : new int[] {0x7F800000, 0x7FC00000}) {
            ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putInt(content.length - 8, bits);
            Files.write(model.resolve("model.safetensors"), content);
            String found = "transformer.ln_f.weight: found " + Float.intBitsToFloat(bits) + " at [";
            for (String[] use : uses(model)) {
                refused(CommandLineOutcome.of(use), model.resolve("model.safetensors"), found);
            }
            refused(
                    CommandLineOutcome.of(
                            "train",
                            "--out=" + folder.resolve("other"),
                            "--from=" + model,
                            "--data=" + folder.resolve("text.txt"),
                            "--steps=1",
                            "--length=8",
                            "--batch=2"),
                    model.resolve("model.safetensors"),
                    found);
        }
    }

    @Test
    void aFolderInUseIsLeftToItsRun() throws Exception {
        FutureTask<CommandLineOutcome> second = new FutureTask<>(() -> resume("--resume", "--steps=3"));
        try (FolderLock _ = FolderLock.take(run)) {
            new Thread(second).start();
            refused(result(second), run, "found in use by process " + ProcessHandle.current().pid());
        }
        assertEquals(0, resume("--resume", "--steps=3").code());
    }

    private static CommandLineOutcome result(FutureTask<CommandLineOutcome> of) throws Exception {
        try {
            return of.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }
}
