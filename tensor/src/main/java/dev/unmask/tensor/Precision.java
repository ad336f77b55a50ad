package dev.unmask.tensor;

/**
 * The type that the operands of a matrix product are rounded to; sums are always float32. The products within attention
 * are among them.
 */
public enum Precision {
    /** Operands as they are, float32. */
    F32,
    /**
     * Operands may be rounded to 10 bits of mantissa, as tensor cores do (TF32), by a device that multiplies them
     * faster so, and what lies below the normal numbers may be lost there as in {@link #BF16}. Others multiply as in
     * {@link #F32}: nothing is rounded that need not be.
     */
    TF32,
    /**
     * Operands rounded to bfloat16, as {@link BFloat16} says, products summed in float32: mixed precision.
     *
     * <p>What lies below the normal numbers of float32, {@code 2^-126}, a backend may take for zero: a factor once it
     * is rounded, and a sum on its way. (The processor's products of bfloat16 do, whatever is asked of its other
     * arithmetic.)
     */
    BF16
}
