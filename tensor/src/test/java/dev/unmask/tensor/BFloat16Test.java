package dev.unmask.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BFloat16Test {
    /**
     * Lower halves of float32, of which rounding can tell no more apart: for each upper half, every class of number.
     */
    private static final int[] LOWER_HALVES = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF};

    /** Rounding as arithmetic has it: to the nearest multiple of the last of eight bits. */
    private static float nearest(float value) {
        if (!Float.isFinite(value)) {
            return value;
        }
        double unit = Math.scalb(1.0, Math.max(Math.getExponent(value), Float.MIN_EXPONENT) - 7);
        // A float64 beyond the range of float32 becomes an infinite float32.
        return (float) (Math.rint(value / unit) * unit);
    }

    private static void check(int bits) {
        float value = Float.intBitsToFloat(bits);
        short found = BFloat16.bits(value);
        float rounded = BFloat16.round(value);
        if (Float.isNaN(value)) {
            assertTrue(Float.isNaN(rounded), () -> Integer.toHexString(bits));
            assertEquals(0x7FC0, found, () -> Integer.toHexString(bits));
        } else if (found != (short) (Float.floatToRawIntBits(nearest(value)) >>> 16)
                || Float.floatToRawIntBits(rounded) != found << 16) {
            assertEquals(nearest(value), rounded, () -> Integer.toHexString(bits));
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

    @ParameterizedTest(name = "{0} to {1}")
    @CsvSource({
        "0x1.01p0, 0x1p0",
        "0x1.03p0, 0x1.04p0",
        "0x1.010002p0, 0x1.02p0",
        "-0x1.ffp3, -0x1p4",
        "0x1.fep127, 0x1.fep127",
        "0x1.fefffep127, 0x1.fep127",
        "0x1.ffp127, Infinity",
        "-Infinity, -Infinity",
        "NaN, NaN",
        "-0.0, -0.0",
        "0x1p-149, 0.0",
        "-0x1p-134, -0.0",
        "0x1.8p-133, 0x1p-132",
        "0x0.fffffep-126, 0x1p-126"
    })
    void forExample(float value, float rounded) {
        assertEquals(rounded, BFloat16.round(value));
    }
}
