package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.parity.SamplingParity;
import dev.unmask.train.parity.SamplingParity.CaseResult;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Samples and likelihoods recorded from PyTorch are reproduced on every backend. */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class SamplingParityTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    private final Backend backend;

    SamplingParityTest(Backend backend) {
        this.backend = backend;
    }

    @ParameterizedTest
    @ValueSource(strings = {"mdm-tiny", "mdm-gqa"})
    void everyRecordedCaseIsReproduced(String model) throws IOException {
        List<CaseResult> results = SamplingParity.check(backend, GOLDEN.resolve(model));
        assertEquals(7, results.size());
        for (CaseResult result : results) {
            assertTrue(result.passes(), result.toString());
        }
    }

    @Test
    void aTokenThatDiffersIsReported(@TempDir Path folder) throws IOException {
        Path golden = GOLDEN.resolve("mdm-tiny");
        copy(golden, folder, "config.json");
        copy(golden, folder, "model.safetensors");
        String recorded = Files.readString(golden.resolve("sampling.json"));
        // The last token of the first output is changed, and the first likelihood.
        int end = recorded.indexOf(']', recorded.indexOf("\"output\""));
        int last = recorded.lastIndexOf(',', end);
        Files.writeString(
                folder.resolve("sampling.json"),
                (recorded.substring(0, last) + ", 1" + recorded.substring(end))
                        .replaceFirst("\"chain_rule_nll\": \\d", "\"chain_rule_nll\": 9"));
        List<CaseResult> results = SamplingParity.check(backend, folder);
        assertEquals(
                List.of("sampling.0", "likelihood.0"),
                results.stream()
                        .filter(result -> !result.passes())
                        .map(result -> result.what().substring(0, result.what().indexOf(' ')))
                        .toList());
        assertEquals(1, results.getFirst().error());
    }

    @Test
    void aRandomCaseIsRefused(@TempDir Path folder) throws IOException {
        Path golden = GOLDEN.resolve("mdm-tiny");
        copy(golden, folder, "config.json");
        copy(golden, folder, "model.safetensors");
        Files.writeString(
                folder.resolve("sampling.json"),
                Files.readString(golden.resolve("sampling.json"))
                        .replaceFirst("\"temperature\": 0.0", "\"temperature\": 0.5"));
        assertEquals(
                folder.resolve("sampling.json")
                        + ": sampling case 0: found rule confidence at temperature 0.5,"
                        + " expected temperature 0 and a rule without random numbers",
                assertThrows(InputException.class, () -> SamplingParity.check(backend, folder)).getMessage());
    }

    private static void copy(Path from, Path to, String name) throws IOException {
        Files.copy(from.resolve(name), to.resolve(name));
    }
}
