package dev.unmask.tensor;

/** The element type of a tensor. Arithmetic is always float32; {@link #BF16} is a storage type for weights. */
public enum DType {
    /** IEEE 754 single precision. */
    F32(4),
    /** bfloat16: the upper half of a float32. */
    BF16(2),
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
