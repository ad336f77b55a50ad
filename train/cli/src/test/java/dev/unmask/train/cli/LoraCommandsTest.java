package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Fine-tuning by adapters, from the command line: what is saved, what goes on, what is merged, what is refused. */
@TestInstance(Lifecycle.PER_CLASS)
class LoraCommandsTest {
    private static final String ADAPTERS = "adapter_model.safetensors";

    private Path folder;
    private Path text;
    private Path base;

    /** Adapters of the base, of four steps. */
    private Path tuned;

    @BeforeAll
    void train(@TempDir Path parent) throws IOException {
        folder = parent;
        text =
                Files.writeString(
                        parent.resolve("text.txt"),
                        IntStream.range(0, 200)
                                .mapToObj(i -> "cat number " + i + " sleeps on mat " + i * 7 % 31)
                                .collect(Collectors.joining("\n")));
        base = parent.resolve("base");
        assertEquals(0, begin(base, 1, "--preset", "tiny", "--tokenizer", "bytes").code());
        tuned = parent.resolve("tuned");
        CommandLineOutcome done = begin(tuned, 4, "--from", base.toString(), "--lora", "2", "--merge");
        assertEquals(0, done.code(), done.err());
        assertTrue(done.err().contains("adapters of rank 2 on 10 matrices"), done.err());
    }

    private CommandLineOutcome begin(Path out, int steps, String... more) {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--threads",
                                "1",
                                "--precision",
                                "bf16",
                                "--out",
                                out.toString(),
                                "--steps",
                                Integer.toString(steps)));
        if (!List.of(more).contains("--resume")) {
            all.addAll(
                    List.of(
                            "--data",
                            text.toString(),
                            "--batch",
                            "2",
                            "--length",
                            "16",
                            "--set",
                            "validation.every=0",
                            "--set",
                            "validation.batches=1"));
        }
        all.addAll(List.of(more));
        return CommandLineOutcome.of(all.toArray(String[]::new));
    }

    private static Path last(Path run, int step) {
        return run.resolve("checkpoints").resolve("step-0000000" + step);
    }

    private static String said(CommandLineOutcome outcome) {
        assertEquals(2, outcome.code(), outcome.err());
        return outcome.err();
    }

    @Test
    void aCheckpointHoldsAdaptersAlone() {
        assertTrue(Files.exists(last(tuned, 4).resolve(ADAPTERS)));
        assertTrue(Files.exists(last(tuned, 4).resolve("adapter_config.json")));
        assertFalse(Files.exists(last(tuned, 4).resolve("model.safetensors")));
        assertTrue(Files.exists(tuned.resolve("merged/model.safetensors")));
    }

    @Test
    void aRunThatGoesOnMakesTheSameBits() throws IOException {
        Path whole = folder.resolve("whole");
        assertEquals(
                0,
                begin(
                                whole,
                                4,
                                "--from",
                                base.toString(),
                                "--lora",
                                "2",
                                "--set",
                                "checkpoint.every=2",
                                "--set",
                                "checkpoint.keep=9")
                        .code());
        Path again = folder.resolve("again");
        copy(whole, again, 2);

        CommandLineOutcome resumed = begin(again, 4, "--resume");

        assertEquals(0, resumed.code(), resumed.err());
        assertArrayEquals(
                Files.readAllBytes(last(whole, 4).resolve(ADAPTERS)),
                Files.readAllBytes(last(again, 4).resolve(ADAPTERS)));
    }

    /** Copies a run as it was at a step. */
    private static void copy(Path from, Path to, int step) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path name = from.relativize(file);
                if (!name.startsWith("checkpoints") || name.getName(1).toString().equals("step-0000000" + step)) {
                    Files.createDirectories(to.resolve(name).getParent());
                    Files.copy(file, to.resolve(name));
                }
            }
        }
    }

    @Test
    void dropoutIsSavedAsPeftHasItAndStays() throws IOException {
        Path dropped = folder.resolve("dropped");
        CommandLineOutcome done =
                begin(dropped, 1, "--from", base.toString(), "--lora", "2", "--lora-dropout", "0.25");
        assertEquals(0, done.code(), done.err());
        assertTrue(
                Files.readString(last(dropped, 1).resolve("adapter_config.json")).contains("\"lora_dropout\" : 0.25"));
        assertEquals(0, begin(dropped, 2, "--resume").code());
        assertTrue(said(begin(dropped, 3, "--resume", "--lora-dropout", "0.5")).contains("lora.dropout: found 0.5"));
        assertTrue(said(begin(folder.resolve("all"), 1, "--from", base.toString(), "--lora", "2", "--lora-dropout", "1"))
                .contains("lora_dropout: found 1.0"));
    }

    @Test
    void mergedWeightsFillAsAdaptersDo() {
        String blank = "cat number ____:3";
        List<String> found = new ArrayList<>();
        for (List<String> model :
                List.of(
                        List.of("--model", tuned.toString()),
                        List.of("--model", tuned.resolve("merged").toString()),
                        List.of("--model", base.toString(), "--adapter", tuned.toString()))) {
            List<String> all = new ArrayList<>(List.of("fill", "--threads", "1", blank));
            all.addAll(model);
            CommandLineOutcome filled = CommandLineOutcome.of(all.toArray(String[]::new));
            assertEquals(0, filled.code(), filled.err());
            found.add(filled.out());
        }
        assertEquals(1, found.stream().distinct().count(), found.toString());
    }

    @Test
    void aBaseWithOtherWeightsIsNotGoneOnWith() throws IOException {
        Path moved = folder.resolve("moved");
        Path other = folder.resolve("other base");
        copy(base, other, 1);
        assertEquals(0, begin(moved, 1, "--from", other.toString(), "--lora", "2").code());
        Files.copy(
                tuned.resolve("merged/model.safetensors"),
                last(other, 1).resolve("model.safetensors"),
                StandardCopyOption.REPLACE_EXISTING);

        String refused = said(begin(moved, 2, "--resume"));

        assertTrue(refused.contains("found other weights than those that the adapters in"), refused);
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        Path none = folder.resolve("none");
        assertTrue(said(begin(none, 1, "--lora", "2")).contains("without a model to adapt"));
        assertTrue(said(begin(none, 1, "--from", base.toString(), "--lora-alpha", "2")).contains("expected their rank by --lora beside it"));
        assertTrue(said(begin(none, 1, "--from", base.toString(), "--merge")).contains("no adapters to merge"));
        assertTrue(said(begin(none, 1, "--from", tuned.toString(), "--lora", "2")).contains("has adapters of its own"));
        assertTrue(
                said(begin(none, 1, "--from", base.toString(), "--lora", "2", "--lora-targets", "q_proj"))
                        .contains("found q_proj, expected all, or ends of names of matrices: attn, proj, w1, w2, w3"));
        assertTrue(
                said(CommandLineOutcome.of("merge", base.toString(), folder.resolve("x").toString()))
                        .contains("found a model without adapters"));
        assertTrue(
                said(CommandLineOutcome.of("fill", "--model", base.toString(), "--adapter", base.toString(), "a ____"))
                        .contains("no adapter_config.json there"));
        assertTrue(
                said(begin(tuned, 6, "--resume", "--set", "lora.rank=3")).contains("lora.rank"));
    }
}
