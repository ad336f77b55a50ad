package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.program.Backend;
import dev.unmask.train.parity.Parity;
import dev.unmask.train.parity.Parity.Comparison;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Logits, loss, every gradient and three AdamW steps are those that PyTorch computed on the same weights. */
class GoldenParityTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TestFactory
    Stream<DynamicNode> everyBackendAgreesWithPyTorch() {
        return BackendsUnderTest.each(backend ->
                Stream.of("mdm-tiny", "mdm-gqa", "ar-tiny")
                        .map(model -> dynamicTest(model, () -> check(backend, model))));
    }

    /** Made by Hugging Face transformers; the networks of masked families are LLaDA's, Dream's and BERT's own. */
    @TestFactory
    Stream<DynamicNode> everyBackendAgreesWithEveryPublishedFamily() {
        return BackendsUnderTest.each(backend ->
                Stream.of("llama", "llama-tied", "qwen2", "qwen3", "llada", "dream", "a2d", "bert", "exported")
                        .map(family -> dynamicTest(family, () -> check(backend, "hf/" + family))));
    }

    /** Made by PEFT 0.21: other ranks and alphas for some modules, scaled by the root of the rank. */
    @TestFactory
    Stream<DynamicNode> everyBackendAgreesWithAdaptersOfPeft() {
        return BackendsUnderTest.each(backend -> Stream.of(dynamicTest("llama", () -> check(backend, "peft/llama"))));
    }

    private static void check(Backend backend, String model) throws IOException {
        List<Comparison> comparisons = Parity.check(backend, GOLDEN.resolve(model));
        assertAll(comparisons.stream().map(c -> () -> assertTrue(c.passes(), () -> model + ": " + c)));
    }
}
