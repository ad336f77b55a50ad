package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.Tensor;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.Map;

/** METHOD §1.4. */
class InitializationTest {
    private static final int LAYERS = 3;
    private static final int WIDTH = 64;
    private static final ModelConfig CONFIG = ModelConfig.masked(LAYERS, 4, WIDTH, 160, 1200);
    private static final double USUAL = Math.sqrt(2.0 / (5 * WIDTH));
    private static final double DEEP = 1 / (Math.sqrt(WIDTH) * LAYERS);

    private static Map<String, Tensor> parameters(ModelConfig config, long seed) {
        return Initialization.of(new HostBackend(), config, seed).parameters();
    }

    private static double moment(float[] values, double around, int power) {
        double sum = 0;
        for (float value : values) {
            sum += Math.pow(value - around, power);
        }
        return sum / values.length;
    }

    @ParameterizedTest
    @CsvSource({
        "lm_head.weight, false",
        "transformer.wte.weight, false",
        "transformer.h.0.attn.attn.weight, false",
        "transformer.h.1.attn.proj.weight, true",
        "transformer.h.1.mlp.swiglu.w1.weight, false",
        "transformer.h.2.mlp.swiglu.w2.weight, false",
        "transformer.h.2.mlp.swiglu.w3.weight, true"
    })
    void matricesAreNormalWithThePublishedSpread(String name, boolean endsABlock) {
        float[] values = parameters(CONFIG, 3407).get(name).floats();
        int n = values.length;
        double deviation = endsABlock ? DEEP : USUAL;
        double mean = moment(values, 0, 1);
        double variance = moment(values, mean, 2);
        // Five standard errors of each estimate, for a normal distribution.
        assertEquals(0, mean, 5 * deviation / Math.sqrt(n));
        assertEquals(deviation, Math.sqrt(variance), 5 * deviation / Math.sqrt(2.0 * n));
        assertEquals(0, moment(values, mean, 3) / Math.pow(variance, 1.5), 5 * Math.sqrt(6.0 / n));
        assertEquals(3, moment(values, mean, 4) / (variance * variance), 5 * Math.sqrt(24.0 / n));
    }

    @Test
    void normsStartAsOnes() {
        Map<String, Tensor> parameters = parameters(CONFIG, 1);
        int norms = 0;
        for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
            if (parameter.getValue().shape().rank() == 1) {
                float[] ones = new float[WIDTH];
                Arrays.fill(ones, 1);
                assertArrayEquals(ones, parameter.getValue().floats(), parameter.getKey());
                norms++;
            }
        }
        assertEquals(2 * LAYERS + 1, norms);
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        Map<String, Tensor> first = parameters(CONFIG, 42);
        Map<String, Tensor> second = parameters(CONFIG, 42);
        first.forEach((name, tensor) -> assertArrayEquals(tensor.floats(), second.get(name).floats(), name));
    }

    @Test
    void anotherSeedAndAnotherParameterGiveOtherNumbers() {
        Map<String, Tensor> first = parameters(CONFIG, 42);
        Map<String, Tensor> second = parameters(CONFIG, 43);
        String gate = "transformer.h.0.mlp.swiglu.w1.weight";
        float[] values = first.get(gate).floats();
        assertFalse(Arrays.equals(values, second.get(gate).floats()));
        assertFalse(Arrays.equals(values, first.get("transformer.h.0.mlp.swiglu.w2.weight").floats()));
        assertFalse(Arrays.equals(values, first.get("transformer.h.1.mlp.swiglu.w1.weight").floats()));
    }

    @Test
    void noPieceOfALargeMatrixIsLeftOutOrRepeated() {
        float[] values = parameters(CONFIG, 42).get("transformer.wte.weight").floats();
        // More than one piece that is drawn on its own, and not a whole number of them.
        assertEquals(1201 * WIDTH, values.length);
        long distinct = Arrays.stream(boxed(values)).distinct().count();
        assertTrue(distinct > 0.99 * values.length, "distinct: " + distinct);
    }

    private static Float[] boxed(float[] values) {
        Float[] all = new Float[values.length];
        Arrays.setAll(all, i -> values[i]);
        return all;
    }

    @Test
    void zerosHaveEveryParameterOfTheConfiguration() {
        Map<String, Tensor> parameters = Initialization.zeros(new HostBackend(), CONFIG).parameters();
        assertEquals(
                CONFIG.parameters().stream().map(ParameterSpec::name).toList(), parameters.keySet().stream().toList());
        parameters.forEach((name, tensor) -> assertEquals(0, moment(tensor.floats(), 0, 2), name));
    }
}
