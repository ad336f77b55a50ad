package dev.unmask.vector.machine;

/**
 * Multiplies packed panels of bfloat16 with instructions made for it.
 *
 * <p>A panel holds 16 rows of A, or 16 columns of B, for {@code blocks} times 32 steps of k; block follows block, 1,024
 * bytes each, and panel follows panel. In a block, two steps of k, {@code j} and {@code j + 16}, are a pair of 32 bits,
 * the earlier one in the low half. A block of A is {@code [16 rows][16 pairs]}; a block of B is {@code [16 pairs][16
 * columns]}. (Any way to pair the steps gives the same sums, and this one needs no shuffling of halves.)
 *
 * <p>The instructions take subnormal numbers for zero. Sums are float32; their order differs between implementations.
 */
public sealed interface BFloat16Product permits Avx512Product, AmxProduct {
    /** Rows of a panel of A; columns of a panel of B. */
    int PANEL = TileFunction.PANEL;

    /** Steps of k in a block. */
    int BLOCK = TileFunction.BLOCK;

    /** Bytes of a block. */
    int BLOCK_BYTES = TileFunction.BLOCK_BYTES;

    /**
     * What it is made of.
     *
     * @return for people
     */
    String description();

    /**
     * Rows that it computes at a time.
     *
     * @return a multiple of {@link #PANEL}
     */
    int rows();

    /**
     * The most columns that it computes at a time.
     *
     * @return a multiple of {@link #PANEL}
     */
    int columns();

    /**
     * Bytes of scratch that {@link #multiply} needs.
     *
     * @return how many
     */
    int scratchBytes();

    /**
     * {@code C = D + A · B} for up to {@link #columns()} columns and any number of rows.
     *
     * @param rows of C, at least 1
     * @param columns of C, in {@code [1, columns()]}
     * @param blocks of each panel, at least 1
     * @param a panels of A, one after the other. As many as {@link #rows()} takes, rounded up, may be read
     * @param b panels of B, as many as {@link #columns()} takes; all may be read
     * @param base D, F32 with the stride of C, or 0 for none; may be C
     * @param c F32
     * @param stride bytes from a row of C to the next
     * @param scratch of {@link #scratchBytes()}, 64-byte aligned
     */
    void multiply(int rows, int columns, int blocks, long a, long b, long base, long c, long stride, long scratch);
}
