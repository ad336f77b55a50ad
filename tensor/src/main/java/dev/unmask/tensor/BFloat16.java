package dev.unmask.tensor;

/**
 * bfloat16, the upper half of a float32: how float32 is rounded to it, and widened again.
 *
 * <p>Rounding is to nearest, ties to even (IEEE 754-2019, §4.3.1), for every class of number:
 *
 * <ul>
 *   <li>a zero keeps its sign;
 *   <li>normal numbers keep eight bits of the significand; from halfway between the largest bfloat16 and {@code 2^128}
 *       on they become infinite;
 *   <li>subnormal numbers become multiples of {@code 2^-133}: another subnormal number, zero of the same sign, or the
 *       smallest normal number;
 *   <li>an infinity stays;
 *   <li>whatever is not a number becomes {@link Float#NaN}, the quiet one without a sign.
 * </ul>
 *
 * <p>Whatever rounds to bfloat16 in this project means this, on every device and in every form: a test for each holds
 * it against a statement in arithmetic. What a product does with subnormal factors once they are rounded is another
 * matter, see {@link Precision#BF16}.
 */
public final class BFloat16 {
    private static final int HALF_BITS = 16;
    private static final int JUST_BELOW_HALF = 0x7FFF;
    private static final short NOT_A_NUMBER = 0x7FC0;

    private BFloat16() {}

    /**
     * Rounds to nearest.
     *
     * @param value any float32
     * @return the bits of the nearest bfloat16
     */
    public static short bits(float value) {
        if (Float.isNaN(value)) {
            return NOT_A_NUMBER;
        }
        int bits = Float.floatToRawIntBits(value);
        int odd = bits >>> HALF_BITS & 1;
        return (short) (bits + JUST_BELOW_HALF + odd >>> HALF_BITS);
    }

    /**
     * Rounds to nearest.
     *
     * @param value any float32
     * @return the nearest bfloat16, as a float32
     */
    public static float round(float value) {
        return widen(bits(value));
    }

    /**
     * Widens, which is exact.
     *
     * @param bits of a bfloat16
     * @return the same number
     */
    public static float widen(short bits) {
        return Float.intBitsToFloat(bits << HALF_BITS);
    }
}
