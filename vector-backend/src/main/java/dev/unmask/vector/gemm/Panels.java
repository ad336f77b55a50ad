package dev.unmask.vector.gemm;

/** How blocks of the operands of a {@link BlockedProduct} are packed into panels, and how panels are multiplied. */
public interface Panels {
    /** Steps of k summed before they are added to C. A constant: it decides the bits of the result. */
    int steps();

    /** Rows of A in a panel. */
    int rows();

    /** Columns of B in a panel. */
    int columns();

    /** Bytes of a panel of A of so many steps. */
    long bytesOfA(int steps);

    /** Bytes of a panel of B of so many steps. */
    long bytesOfB(int steps);

    /** Bytes of scratch of a worker, for packing and for multiplying. */
    long scratchBytes();

    /** Steps of k that packing may be cut at any multiple of; {@link #steps()} if panels are packed as a whole. */
    int stepsOfPart();

    /**
     * Packs some steps of panels of A that lie one after the other.
     *
     * @param items rows of op(A)
     * @param first the first row
     * @param count how many rows, at least 1; the last panel may be partly filled
     * @param from the step of k that panels begin with
     * @param steps how many steps panels have
     * @param begin the first step to pack, counted from {@code from}; a multiple of {@link #stepsOfPart()}
     * @param end after the last; {@code steps}, or a multiple of {@link #stepsOfPart()}
     * @param panels where to
     * @param scratch of {@link #scratchBytes()}
     */
    void packA(
            GemmPacking.Items items,
            int first,
            int count,
            int from,
            int steps,
            int begin,
            int end,
            long panels,
            long scratch);

    /** Packs panels of B, of columns of op(B); see {@link #packA}. */
    void packB(
            GemmPacking.Items items,
            int first,
            int count,
            int from,
            int steps,
            int begin,
            int end,
            long panels,
            long scratch);

    /**
     * {@code C = D + A · B} for some panels.
     *
     * @param column the first of C's, of all of them
     * @param rows of C
     * @param columns of C
     * @param steps of k
     * @param a the first panel of A
     * @param b the first panel of B
     * @param base D, or 0 for none; may be C
     * @param c where C starts
     * @param stride bytes from a row of C, and of D, to the next
     * @param scratch of {@link #scratchBytes()}
     */
    void multiply(
            int column, int rows, int columns, int steps, long a, long b, long base, long c, long stride, long scratch);
}
