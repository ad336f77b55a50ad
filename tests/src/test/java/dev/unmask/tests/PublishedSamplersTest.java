package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.program.Backend;
import dev.unmask.train.parity.SamplingParity;
import dev.unmask.train.parity.SamplingParity.CaseResult;

import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Texts that published samplers write (LLaDA's, Fast-dLLM's and Dream's, in PyTorch, float32) come out of ours, token
 * for token and pass for pass.
 */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class PublishedSamplersTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/hf");

    private final Backend backend;

    PublishedSamplersTest(Backend backend) {
        this.backend = backend;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llada", "dream"})
    void everyTextIsWritten(String family) throws IOException {
        List<CaseResult> results = SamplingParity.check(backend, FOLDER.resolve(family));
        assertFalse(results.isEmpty());
        for (CaseResult result : results) {
            assertTrue(result.passes(), () -> result.what() + ": " + (int) result.error() + " tokens or passes differ");
        }
    }
}
