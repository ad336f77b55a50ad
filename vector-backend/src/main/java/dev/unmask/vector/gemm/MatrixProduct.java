package dev.unmask.vector.gemm;

/**
 * A matrix product {@code C[M, N] = op(A)[M, K] · op(B)[K, N] + D[M, N]}, row-major, whose operands stay where they
 * are.
 */
public interface MatrixProduct {
    /**
     * Makes room in the workspace.
     *
     * @param m the most rows of C that there will be
     * @param n the most columns
     * @param k the most steps
     * @throws OutOfDeviceMemoryException if there is no room
     */
    void reserve(int m, int n, int k);

    /**
     * Computes the product, and allocates nothing.
     *
     * @param m rows of C; 0 does nothing
     * @param n columns of C; 0 does nothing
     * @param k the extent that is summed over; 0 leaves D, or zeros
     */
    void run(int m, int n, int k);

    /**
     * Where it reads and writes.
     *
     * @param rowsOfA rows of op(A), along k
     * @param columnsOfB columns of op(B), along k
     * @param addend D, F32 {@code [M, N]} with the stride of C, or 0 for none; may be {@code c}
     * @param c F32 {@code [M, N]}, apart from the factors
     * @param stride bytes from a row of C to the next
     */
    record Places(GemmPacking.Items rowsOfA, GemmPacking.Items columnsOfB, long addend, long c, long stride) {}
}
