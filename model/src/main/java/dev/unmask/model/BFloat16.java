package dev.unmask.model;

/** bfloat16, the upper half of a float32. */
final class BFloat16 {
    private BFloat16() {}

    /** The nearest bfloat16 value, ties to even, as a float32. */
    static float round(float value) {
        if (Float.isNaN(value)) {
            return value;
        }
        int bits = Float.floatToRawIntBits(value);
        return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
    }
}
