package dev.unmask.tensor;

/** The element type of a tensor. Arithmetic is float32; {@link #BF16} and {@link #I8} are storage types for weights. */
public enum DType {
    /** IEEE 754 single precision. */
    F32(4),
    /** bfloat16: the upper half of a float32. */
    BF16(2),
    /** Two's complement 8-bit integer: weights, with a scale for each row. */
    I8(1),
    /** Two's complement 32-bit integer: token ids, row numbers, counts. */
    I32(4);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /**
     * The size of one element.
     *
     * @return bytes per element
     */
    public int bytes() {
        return bytes;
    }
}
