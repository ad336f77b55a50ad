package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** METHOD §1.1: {@code theta_i = base^(-2i/size)}, {@code angle(p, i) = p · theta_i}. */
class RotaryTableTest {
    private static final ModelConfig CONFIG = ModelConfig.masked(1, 2, 128, 8, 16);

    private static ModelConfig config(int heads, int width, double base, int maxLength) {
        return new ModelConfig(1, heads, width, 8, 16, heads, false, 1e-5f, base, false, maxLength);
    }

    private static Tensor table(ModelConfig config) {
        return RotaryTable.allocate(new HostBackend(), config);
    }

    @ParameterizedTest
    @CsvSource({"2, 128, 10000, 2048", "1, 2, 10000, 64", "3, 240, 500000, 300", "4, 512, 10000, 1"})
    void aRowHoldsTheCosinesOfItsPositionAndThenTheSines(int heads, int width, double base, int maxLength) {
        int half = width / heads / 2;
        Tensor table = table(config(heads, width, base, maxLength));
        assertEquals(Shape.of(maxLength, 2 * half), table.shape());
        float[] values = table.floats();
        for (int p = 0; p < maxLength; p++) {
            for (int i = 0; i < half; i++) {
                double angle = p * Math.pow(base, -2.0 * i / (2 * half));
                // The angle is rounded to float32 twice, its frequency and the product.
                double tolerance = 2 * angle * 0x1p-24 + 0x1p-24;
                String where = "position " + p + ", frequency " + i;
                assertEquals(Math.cos(angle), values[p * 2 * half + i], tolerance, where);
                assertEquals(Math.sin(angle), values[p * 2 * half + half + i], tolerance, where);
            }
        }
    }

    @Test
    void frequenciesFallFromOneRadianAPositionAndDifferInEveryColumnOfAHalf() {
        int half = CONFIG.heads().size() / 2;
        float[] values = table(CONFIG).floats();
        int row = 2 * half;
        assertEquals(Math.sin(1), values[row + half], 1e-7);
        // Pairs that lie side by side would share a frequency.
        for (int i = 1; i < half; i++) {
            assertNotEquals(values[row + half + i - 1], values[row + half + i]);
        }
        assertEquals(Math.pow(10000, -62.0 / 64), values[row + 2 * half - 1], 1e-9);
    }

    @Test
    void thePlaceZeroIsNotTurned() {
        int size = CONFIG.heads().size();
        float[] values = table(CONFIG).floats();
        for (int i = 0; i < size; i++) {
            assertEquals(i < size / 2 ? 1f : 0f, values[i]);
        }
    }

    @Test
    void forPublishedWeightsTheTableIsRoundedToBfloat16() {
        float[] exact = table(CONFIG).floats();
        float[] rounded = table(CONFIG.withRopeBf16(true)).floats();
        float[] expected = new float[exact.length];
        int changed = 0;
        for (int i = 0; i < exact.length; i++) {
            assertEquals(0, Float.floatToRawIntBits(rounded[i]) & 0xFFFF);
            assertEquals(exact[i], rounded[i], Math.abs(exact[i]) * 0x1p-8f);
            expected[i] = BFloat16.round(exact[i]);
            changed += exact[i] == rounded[i] ? 0 : 1;
        }
        assertArrayEquals(expected, rounded);
        assertNotEquals(0, changed);
    }
}
