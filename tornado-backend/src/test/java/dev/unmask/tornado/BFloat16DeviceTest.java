package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.tensor.BFloat16;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Device kernels have no bits of a float, and round as {@link BFloat16} does all the same. */
class BFloat16DeviceTest {
    /**
     * Lower halves of float32, of which rounding can tell no more apart: for each upper half, every class of number.
     */
    private static final int[] LOWER_HALVES = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF};

    private static void check(int bits) {
        float expected = BFloat16.round(Float.intBitsToFloat(bits));
        float found = MatrixKernels.rounded(Float.intBitsToFloat(bits), 1);
        if (Float.floatToIntBits(found) != Float.floatToIntBits(expected)) {
            assertEquals(expected, found, () -> Integer.toHexString(bits));
        }
    }

    @Test
    void everyClassOfNumberIsRoundedToNearest() {
        for (int upper = 0; upper < 1 << 16; upper++) {
            for (int lower : LOWER_HALVES) {
                check(upper << 16 | lower);
            }
        }
    }

    /** A minute; {@code docs/building.md} has the command. */
    @Test
    @EnabledIfSystemProperty(named = "unmask.tests.every-float32", matches = "true")
    void everyFloat32IsRoundedToNearest() {
        int bits = 0;
        do {
            check(bits++);
        } while (bits != 0);
    }
}
