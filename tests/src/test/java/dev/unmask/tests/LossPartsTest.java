package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.LossBatch;
import dev.unmask.train.LossFunction;
import dev.unmask.train.Objective;
import dev.unmask.train.Validation;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A loss and its gradients do not depend on how the work is cut, nor on the backend. */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#openFound")
class LossPartsTest {
    private static final int BATCH = 8;
    private static final int LENGTH = 20;

    private final Backend backend;

    private record Gradients(double loss, Map<String, float[]> values) {}

    LossPartsTest(Backend backend) {
        this.backend = backend;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gradientsAreThoseOfFloat64(boolean causal) {
        try (Backend reference = new ExactBackend()) {
            assertClose(gradients(reference, causal, BATCH, false), gradients(backend, causal, BATCH, false));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void activationCheckpointingGivesTheSameBits(boolean causal) {
        Gradients kept = gradients(backend, causal, BATCH, false);
        Gradients recomputed = gradients(backend, causal, BATCH, true);
        assertEquals(kept.loss(), recomputed.loss());
        kept.values().forEach((name, bits) -> assertArrayEquals(bits, recomputed.values().get(name), name));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void microBatchesAddUpToTheWholeBatch(boolean causal) {
        assertClose(gradients(backend, causal, BATCH, false), gradients(backend, causal, 2, false));
    }

    private static void assertClose(Gradients expected, Gradients found) {
        assertEquals(expected.loss(), found.loss(), 1e-6 * expected.loss());
        expected.values()
                .forEach((name, values) -> {
                    float largest = 0;
                    for (float value : values) {
                        largest = Math.max(largest, Math.abs(value));
                    }
                    assertTrue(largest > 0, () -> name + ": no gradient");
                    assertArrayEquals(values, found.values().get(name), 1e-5f * largest, name);
                });
    }

    @Test
    void validatingTwiceGivesTheSameBits() {
        Transformer model = SmallRun.model(backend, false);
        Validation.Settings settings = new Validation.Settings(4, LENGTH, 2, 8, Precision.F32);
        Validation.Result first = new Validation(backend, model, new Lines(), settings).measure();
        assertEquals(first, new Validation(backend, model, new Lines(), settings).measure());
        assertEquals(8L * LENGTH, first.tokens());
    }

    /** METHOD §11: each token costs about ln V, whatever the noise level, if nothing has been learnt. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anUntrainedModelLosesAboutTheLogarithmOfTheVocabularyOnEachToken(boolean causal) {
        Transformer model = SmallRun.model(backend, causal);
        Validation.Result result =
                new Validation(backend, model, new Lines(), new Validation.Settings(8, LENGTH, 1, 200, Precision.F32))
                        .measure();
        assertEquals(Math.log(SmallRun.VOCABULARY), result.loss(), 0.25 + 3 * result.standardError());
    }

    private static Gradients gradients(Backend backend, boolean causal, int microBatch, boolean checkpointing) {
        Transformer model = SmallRun.model(backend, causal);
        Objective objective = Objective.of(model.config());
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        model.parameters()
                .forEach((name, value) ->
                        gradients.put(name, backend.allocate("gradient of " + name, DType.F32, value.shape())));
        LossFunction function =
                new LossFunction(
                        backend,
                        model,
                        gradients,
                        new LossFunction.Options(microBatch, LENGTH, false, Precision.F32, checkpointing));
        LossBatch batch = new LossBatch(microBatch, LENGTH);
        int block = objective.blockLength(LENGTH);
        int[] clean = new int[BATCH * block];
        for (int b = 0; b < BATCH; b++) {
            new Lines().block(b, block, clean, b * block);
        }
        double loss = 0;
        for (int first = 0; first < BATCH; first += microBatch) {
            int[] part = Arrays.copyOfRange(clean, first * block, (first + microBatch) * block);
            objective.prepare(part, new Objective.Draw(3, 1, first), BATCH, LENGTH, batch);
            loss += function.backward(batch, first > 0);
        }
        Map<String, float[]> values = new LinkedHashMap<>();
        gradients.forEach((name, tensor) -> values.put(name, tensor.floats()));
        return new Gradients(loss, values);
    }
}
