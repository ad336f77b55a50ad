package dev.unmask.vector;

import static dev.unmask.vector.GemmKernel.MR;

/**
 * The matrix product {@code C[M, N] = op(A)[M, K] · op(B)[K, N] + D[M, N]}, float32 and row-major: a {@link
 * BlockedProduct} of {@link Float32Panels}, or for few rows something that reads B only once.
 *
 * <p>The bits of a row are the same whatever the number of workers, the width of vectors, the size of caches, and the
 * number of other rows. (The exception: {@link DotGemm}, for few rows.)
 *
 * <p>Measured with one thread, by CPU time, on 21 products of the 34M and 170M presets (forward, and both backward
 * products; M of 64 to 8192): 203 to 245 GFLOP/s where register-only arithmetic reaches 245, and 1.86 to 2.36 times,
 * geometric mean 2.06, PyTorch 2.13 with MKL, which runs at 100 to 115 there (Temurin 25.0.3, EPYC (Zen 5), 2026-11, a
 * busy machine).
 */
final class Gemm {
    /** Steps of k summed before they are added to C. A constant: it decides the bits of the result. */
    static final int KC = 512;

    /** Up to how many rows {@link SmallGemm} serves. */
    static final int SMALL_ROWS = 2 * MR;

    private final GemmPacking.Items columnsOfB;
    private final BlockedProduct blocks;
    private final SmallGemm small;
    private final DotGemm dots;

    /**
     * A factor as it lies in memory, row-major.
     *
     * @param address where it starts
     * @param stride elements from a row to the next
     * @param transposed whether the product takes its transpose
     * @param bf16 whether it holds BF16, which is widened, rather than F32
     */
    record Factor(long address, int stride, boolean transposed, boolean bf16) {
        /** Its rows, as the left factor. */
        GemmPacking.Items rows() {
            return items(!transposed);
        }

        /** Its columns, as the right factor. */
        GemmPacking.Items columns() {
            return items(transposed);
        }

        private GemmPacking.Items items(boolean alongK) {
            return new GemmPacking.Items(address, (long) stride * (bf16 ? 2 : 4), alongK, bf16);
        }
    }

    /**
     * Prepares a product whose operands stay where they are. Running it allocates nothing.
     *
     * @param workers who do it
     * @param a {@code [M, K]}, or {@code [K, M]} if transposed
     * @param b {@code [K, N]}, or {@code [N, K]} if transposed
     * @param addend F32 {@code [M, N]} with the stride of C, added to the product, or 0 for none; may be {@code c}
     * @param c F32 {@code [M, N]}, apart from the factors
     * @param stride elements from a row of C to the next
     */
    Gemm(Workers workers, Factor a, Factor b, long addend, long c, int stride) {
        GemmPacking.Items rowsOfA = a.rows();
        columnsOfB = b.columns();
        long bytes = stride * 4L;
        dots = new DotGemm(workers, rowsOfA, columnsOfB, false, addend, c, bytes);
        small = new SmallGemm(workers, rowsOfA, columnsOfB, addend, c, bytes);
        blocks = new BlockedProduct(workers, new Float32Panels(), rowsOfA, columnsOfB, addend, c, bytes);
    }

    /** Computes one product; see {@link #Gemm}. */
    static void run(Workers workers, int m, int n, int k, Factor a, Factor b, long addend, long c, int stride) {
        new Gemm(workers, a, b, addend, c, stride).run(m, n, k);
    }

    /** Computes one product of F32 factors; see {@link #Gemm}. */
    static void run(
            Workers workers,
            int m,
            int n,
            int k,
            long a,
            int lda,
            boolean transA,
            long b,
            int ldb,
            boolean transB,
            long addend,
            long c,
            int ldc) {
        run(workers, m, n, k, new Factor(a, lda, transA, false), new Factor(b, ldb, transB, false), addend, c, ldc);
    }

    /**
     * Computes the product.
     *
     * @param m rows of C; 0 does nothing
     * @param n columns of C; 0 does nothing
     * @param k the extent that is summed over; 0 leaves D, or zeros
     */
    void run(int m, int n, int k) {
        if (m == 0 || n == 0) {
            return;
        }
        if (DotGemm.serves(m, columnsOfB)) {
            dots.run(m, n, k);
            return;
        }
        if (m <= SMALL_ROWS) {
            small.run(m, n, k);
            return;
        }
        blocks.run(m, n, k);
    }
}
