package dev.unmask.tensor;

/**
 * The type that the operands of a matrix product are rounded to; sums are always float32. The products within attention
 * are among them.
 */
public enum Precision {
    /** Operands as they are, float32. */
    F32,
    /** Operands rounded to bfloat16, products summed in float32: mixed precision. */
    BF16
}
