package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class BenchCommandTest {
    private static CommandLineOutcome bench(String... more) {
        List<String> arguments = new ArrayList<>(List.of("bench"));
        arguments.addAll(List.of("--layers", "2", "--heads", "2", "--width", "32", "--ffn", "48", "--vocab", "90"));
        arguments.addAll(
                List.of(
                        "--batch",
                        "2",
                        "--length",
                        "16",
                        "--steps",
                        "4",
                        "--prompt",
                        "4",
                        "--runs",
                        "3",
                        "--warmup",
                        "2"));
        arguments.addAll(Arrays.asList(more));
        return CommandLineOutcome.of(arguments.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "forward", "sample", "attention"})
    void aCaseIsOneLineWithTheKeysOfTheYardstickAndTheShareOfThePeak(String name) throws IOException {
        CommandLineOutcome outcome = bench(name, "--temperature", "0.5");
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("timing " + name + ": "), outcome.err());
        assertEquals(1, outcome.out().lines().count(), outcome.out());
        JsonNode line = new ObjectMapper().readTree(outcome.out());
        assertEquals(name, line.get("mode").asText());
        for (String key : List.of("tokens_per_s", "step_ms", "min_ms", "max_ms", "gflops", "allocated_bytes")) {
            assertTrue(line.has(key), key + " is not in " + line);
        }
        assertTrue(line.get("of_fma_peak").asDouble() >= 0, line.toString());
    }

    @Test
    void aTrainingStepShorterThanThePromptOfSamplingIsTimed() {
        CommandLineOutcome outcome =
                CommandLineOutcome.of(
                        "bench train --layers 1 --heads 2 --width 32 --ffn 48 --vocab 90 --batch 1 --length 8 --runs 1 --warmup 0"
                                .split(" "));
        assertEquals(0, outcome.code(), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "bf16"})
    void aProductReportsItsOperationsOverItsTime(String precision) throws IOException {
        CommandLineOutcome outcome = bench("gemm", "--precision", precision);
        assertEquals(0, outcome.code(), outcome.err());
        JsonNode line = new ObjectMapper().readTree(outcome.out().lines().findFirst().orElseThrow());
        assertEquals(precision, line.get("dtype").asText());
        double operations = 2.0 * line.get("m").asInt() * line.get("n").asInt() * line.get("k").asInt();
        double seconds = line.get("step_ms").asDouble() * 1e-3;
        double rate = line.get("gflops").asDouble() * 1e9;
        // Both are rounded.
        assertEquals(operations, rate * seconds, 0.02 * operations, line.toString());
    }

    private static CommandLineOutcome texts(Path folder, String... more) throws IOException {
        Path model = SavedModel.masked(folder.resolve("model"));
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), "the cat sleeps on\na dog\n");
        List<String> arguments = new ArrayList<>(List.of("bench", "sample", "--model", model.toString()));
        arguments.addAll(List.of("--input", prompts.toString(), "--runs", "1", "--warmup", "0"));
        arguments.addAll(List.of(more));
        if (!arguments.contains("--length")) {
            arguments.addAll(List.of("--length", "12"));
        }
        return CommandLineOutcome.of(arguments.toArray(String[]::new));
    }

    @Test
    void aCacheOnRealPromptsIsComparedWithAnother(@TempDir Path folder) throws IOException {
        CommandLineOutcome outcome =
                texts(folder, "--block-length", "4", "--cache", "dual", "--against", "none", "--bound", "4");
        assertEquals(0, outcome.code(), outcome.err());
        List<String> lines = outcome.out().lines().toList();
        assertEquals(2, lines.size(), outcome.out());
        JsonNode without = new ObjectMapper().readTree(lines.get(0));
        JsonNode with = new ObjectMapper().readTree(lines.get(1));
        assertEquals("none", without.get("cache").asText());
        assertEquals("dual", with.get("cache").asText());
        // Of 12 tokens 8 and 10 are written, one a pass.
        for (JsonNode line : List.of(without, with)) {
            assertEquals(2, line.get("texts").asInt());
            assertEquals(9, line.get("nfe").asDouble());
            assertTrue(line.get("nfe_per_s").asDouble() > 0, line.toString());
            assertTrue(line.get("bound").asDouble() > 0, line.toString());
        }
        assertEquals(108, without.get("computed_positions").asDouble());
        // Whole in the first passes of two and three blocks, else the four of the block, or what is left of it.
        assertEquals((2 * 12 + 6 * 4 + 3 * 12 + 6 * 4 + 1 * 2) / 2.0, with.get("computed_positions").asDouble());
        assertFalse(without.has("same_percent"));
        double same = with.get("same_percent").asDouble();
        assertTrue(same >= 0 && same <= 100, with.toString());
    }

    @Test
    void aCacheComparedWithItselfIsAllTheSame(@TempDir Path folder) throws IOException {
        CommandLineOutcome outcome = texts(folder, "--against", "none");
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.out().contains("\"same_percent\":100.0"), outcome.out());
    }

    @Test
    void whatHasNoMeaningBesideATrainedModelIsRefused(@TempDir Path folder) throws IOException {
        CommandLineOutcome size = texts(folder, "--width", "32");
        assertEquals(2, size.code());
        assertTrue(size.err().contains("--width: found beside --model"), size.err());
        CommandLineOutcome cache = texts(folder, "--against", "everything");
        assertEquals(2, cache.code());
        assertTrue(cache.err().contains("--against: cache: found everything, expected one of none"), cache.err());
        CommandLineOutcome longer = texts(folder, "--length", "4");
        assertEquals(2, longer.code());
        assertTrue(
                longer.err().contains("--length: found 4, expected more than the 4 tokens of the prompt of"),
                longer.err());
    }

    @Test
    void attentionTakesThePrecisionToo() throws IOException {
        CommandLineOutcome outcome = bench("attention", "--precision", "bf16");
        assertEquals(0, outcome.code(), outcome.err());
        assertEquals("bf16", new ObjectMapper().readTree(outcome.out()).get("dtype").asText());
    }

    @Test
    void machineCodeCanBeSwitchedOff() {
        try {
            CommandLineOutcome off = bench("gemm", "--precision", "bf16", "--machine-code", "off");
            assertEquals(0, off.code(), off.err());
            assertTrue(off.err().contains("bfloat16 products on the Vector API"), off.err());

            CommandLineOutcome unknown = bench("gemm", "--machine-code", "sse");
            assertEquals(2, unknown.code());
            assertTrue(unknown.err().contains("found sse, expected auto, amx, avx512 or off"), unknown.err());
        } finally {
            System.clearProperty("unmask.machine-code");
        }
    }

    @Test
    void theProfileListsTheKernelsOfAStepAndLeavesTheLineAlone() {
        CommandLineOutcome outcome = bench("train", "--profile");
        assertEquals(0, outcome.code(), outcome.err());
        assertEquals(1, outcome.out().lines().count(), outcome.out());
        for (String kind : List.of("Gemm ", "Attention ", "AttentionBackward ", "AdamW ", "outside kernels ")) {
            assertTrue(outcome.err().lines().anyMatch(line -> line.startsWith(kind)), outcome.err());
        }
        // Two layers, each of one attention.
        assertTrue(
                outcome.err().lines().anyMatch(line -> line.matches("Attention +2 +\\d+\\.\\d\\d +\\d+\\.\\d%")),
                outcome.err());
        assertFalse(bench("train").err().contains("Gemm "));
    }
}
