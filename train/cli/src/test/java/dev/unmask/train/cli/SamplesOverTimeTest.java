package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How a model goes on with held-out texts while it learns. */
class SamplesOverTimeTest {
    @TempDir private Path folder;
    private Path text;

    @BeforeEach
    void write() throws IOException {
        text =
                Files.writeString(
                        folder.resolve("text.txt"),
                        IntStream.range(0, 300)
                                .mapToObj(i -> "cat number " + i + " sleeps on mat " + i * 7 % 31)
                                .collect(Collectors.joining("\n")));
    }

    private void train(Path out, String... more) {
        List<String> all = new ArrayList<>(List.of("train", "--threads", "1", "--out", out.toString()));
        all.addAll(List.of(more));
        CommandLineOutcome outcome = CommandLineOutcome.of(all.toArray(String[]::new));
        assertEquals(0, outcome.code(), outcome.err());
    }

    private String[] begin(String... more) {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "--preset",
                                "tiny",
                                "--tokenizer",
                                "bytes",
                                "--data",
                                text.toString(),
                                "--batch",
                                "2",
                                "--length",
                                "16",
                                "--set",
                                "data.validation_fraction=0.2",
                                "--set",
                                "validation.batches=1",
                                "--set",
                                "validation.every=2",
                                "--set",
                                "checkpoint.every=2"));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static String samples(Path run) throws IOException {
        return Files.readString(run.resolve("samples.jsonl"));
    }

    @Test
    void aRunThatGoesOnLeavesTheFileOfOneThatDidNotStop() throws IOException {
        Path whole = folder.resolve("whole");
        train(whole, begin("--steps", "4"));
        String expected = samples(whole);
        assertEquals(6, expected.lines().count(), "two texts at steps 0, 2 and 4");
        assertTrue(Files.readString(whole.resolve("report.html")).contains("Samples over time"));

        train(whole, "--resume=step-00000002");

        assertEquals(expected, samples(whole));
    }

    @Test
    void nobodyHasToHaveThem() throws IOException {
        Path out = folder.resolve("none");
        train(out, begin("--steps", "2", "--samples", "0"));
        assertFalse(Files.exists(out.resolve("samples.jsonl")));
        assertFalse(Files.readString(out.resolve("report.html")).contains("Samples over time"));
    }

    @Test
    void everyKindOfModelWrites() throws IOException {
        Path causal = folder.resolve("causal");
        train(causal, begin("--steps", "1", "--causal"));
        Path blocks = folder.resolve("blocks");
        train(blocks, begin("--steps", "1", "--block-length", "4", "--samples", "1"));
        assertEquals(4, samples(causal).lines().count());
        assertEquals(2, samples(blocks).lines().count());
    }
}
