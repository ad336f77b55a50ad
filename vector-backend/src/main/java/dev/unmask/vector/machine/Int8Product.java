package dev.unmask.vector.machine;

import dev.unmask.tensor.kernel.Int8Gemm;

/**
 * Multiplies packed panels of int8, and scales the sums.
 *
 * <p>Steps of k come in groups of {@link Int8Gemm#GROUP}, and those in blocks of 64. In a block, the steps {@code j},
 * {@code j + 16}, {@code j + 32} and {@code j + 48} are a word of 32 bits, the earliest one lowest; steps past the last
 * are zeros in A.
 *
 * <p>A panel of A holds 16 rows. Group follows group: {@code [16 floats]}, what 1 stands for in each row; {@code [16
 * ints]}, what corrects each row, {@code -128 · Σ q}; then the blocks, {@code [16 rows][16 words]} each, of integers
 * from -127 to 127. A panel of B holds 48 columns. Group follows group: {@code [3][blocks][16 words][16 columns]}, of
 * integers to which 128 has been added, so that they have no sign.
 *
 * <p>A sum of a group is an integer that every way to add gives, and what follows is rounded as {@link #multiply} says:
 * all that multiply so give the same bits.
 */
public interface Int8Product {
    /** Rows of a panel of A, and columns of a vector of B. */
    int PANEL = 16;

    /** Vectors of a panel of B. */
    int VECTORS = 3;

    /** Columns of a panel of B. */
    int COLUMNS = VECTORS * PANEL;

    /** Steps of k in a block. */
    int BLOCK = 64;

    /** Bytes of a block of 16 rows or columns. */
    int BLOCK_BYTES = PANEL * BLOCK;

    /** Bytes before the blocks of a group of A. */
    int HEADER_BYTES = 2 * PANEL * Integer.BYTES;

    /**
     * What it is made of.
     *
     * @return for people
     */
    String description();

    /**
     * Bytes of scratch that {@link #multiply} needs.
     *
     * @return how many
     */
    long scratchBytes();

    /**
     * {@code C = D + A · B} for up to {@link #COLUMNS} columns and any number of rows: group by group in ascending
     * order, {@code (sum · scale of the column) · what 1 stands for in the row}, each product rounded; the second one
     * is added in the same rounding, to D or to what the group before has left.
     *
     * @param rows of C, at least 1
     * @param columns of C, in {@code [1, COLUMNS]}
     * @param steps of k, at least 1
     * @param a panels of A, one after the other
     * @param b a panel of B
     * @param scales of the columns, float32
     * @param base D, F32 with the stride of C, or 0 for none; may be C
     * @param c F32
     * @param stride bytes from a row of C to the next
     * @param scratch of {@link #scratchBytes()}, 64-byte aligned
     */
    void multiply(
            int rows,
            int columns,
            int steps,
            long a,
            long b,
            long scales,
            long base,
            long c,
            long stride,
            long scratch);

    /**
     * Blocks that so many steps fill.
     *
     * @param steps how many
     * @return at least 1
     */
    static int blocks(int steps) {
        return Math.max(1, Math.ceilDiv(steps, BLOCK));
    }

    /**
     * Groups that so many steps fill.
     *
     * @param steps how many
     * @return at least 1
     */
    static int groups(int steps) {
        return Math.max(1, Math.ceilDiv(steps, Int8Gemm.GROUP));
    }

    /**
     * Blocks of a group.
     *
     * @param steps of all groups
     * @param group its number
     * @return at least 1
     */
    static int blocksOf(int steps, int group) {
        return blocks(Math.min(Int8Gemm.GROUP, steps - group * Int8Gemm.GROUP));
    }

    /**
     * Bytes of a panel of A.
     *
     * @param steps of k
     * @return how many
     */
    static long bytesOfA(int steps) {
        return (long) groups(steps) * HEADER_BYTES + (long) blocks(steps) * BLOCK_BYTES;
    }

    /**
     * Bytes of a panel of B.
     *
     * @param steps of k
     * @return how many
     */
    static long bytesOfB(int steps) {
        return (long) VECTORS * blocks(steps) * BLOCK_BYTES;
    }

    /**
     * Where a group of a panel of A begins.
     *
     * @param group its number
     * @return bytes from the beginning of the panel
     */
    static long groupOfA(int group) {
        return group * (HEADER_BYTES + (long) blocks(Int8Gemm.GROUP) * BLOCK_BYTES);
    }

    /**
     * Where a group of a panel of B begins.
     *
     * @param group its number
     * @return bytes from the beginning of the panel
     */
    static long groupOfB(int group) {
        return group * ((long) VECTORS * blocks(Int8Gemm.GROUP) * BLOCK_BYTES);
    }
}
