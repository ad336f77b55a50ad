package dev.unmask.vector;

import static dev.unmask.vector.GemmKernel.MR;
import static dev.unmask.vector.GemmKernel.NR;

/**
 * The matrix product {@code C[M, N] = op(A)[M, K] · op(B)[K, N] + D[M, N]}, float32 and row-major, after the BLIS
 * scheme: both operands are packed, a block at a time, into panels that the micro-kernel reads in order.
 *
 * <p>The blocks: K is cut every {@link #KC}; a block of A of {@code MC × KC} stays in the second-level cache while
 * panels of B of {@code KC × NR} pass by; all packed blocks of a round, and the part of C they add to, stay in the
 * third-level cache. Workers share the packed blocks.
 *
 * <p>An element of C is the sum, in ascending order, of D and one partial sum for each block of K. Only {@link #KC}, a
 * constant, decides where blocks of K end; so the bits of a row are the same whatever the number of workers, the width
 * of vectors, the size of caches, and the number of other rows. (The exception: {@link DotGemm}, for very few rows.)
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

    /** Rows of A in a block: with {@link #KC} steps, half of the second-level cache. */
    private static final int MC = Math.max(1, (int) (CacheSizes.HERE.level2() / 2 / (KC * 4L * MR))) * MR;

    /** Rows and columns of C in a round, before rounding: packed operands and C fill the third-level cache. */
    private static final int ROUND = Math.clamp(CacheSizes.HERE.level3() / (8L * KC), 512, 2048);

    private static final int ROUND_ROWS = ROUND / MR * MR;
    private static final int ROUND_COLUMNS = ROUND / NR * NR;

    /** Panels that one task packs or multiplies by, at most. */
    private static final int PANELS_PER_TASK = 8;

    /** Tasks to aim at for each worker, so that one that is held up does not hold up all. */
    private static final int TASKS_PER_WORKER = 4;

    private final Workers workers;
    private final GemmPacking.Items rowsOfA;
    private final GemmPacking.Items columnsOfB;
    private final long addend;
    private final long c;
    private final long stride;
    private final SmallGemm small;
    private final DotGemm dots;
    private final Workers.Task pack = this::pack;
    private final Workers.Task multiply = this::multiply;

    /** The block that the workers are at. */
    private int firstRow;

    private int rows;
    private int firstColumn;
    private int columns;
    private int firstStep;
    private int steps;
    private int packTasksOfA;
    private int panelsPerPack;
    private int rowPanelsPerTask;
    private int columnPanelsPerTask;
    private int columnTasks;
    private long packedA;
    private long packedB;

    /**
     * A factor as it lies in memory, row-major.
     *
     * @param address where it starts
     * @param stride elements from a row to the next
     * @param transposed whether the product takes its transpose
     * @param bf16 whether it holds BF16, which is widened, rather than F32
     */
    record Factor(long address, int stride, boolean transposed, boolean bf16) {
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
        this.workers = workers;
        this.rowsOfA = a.items(!a.transposed());
        this.columnsOfB = b.items(b.transposed());
        this.addend = addend;
        this.c = c;
        this.stride = stride * 4L;
        this.dots = new DotGemm(workers, rowsOfA, columnsOfB, addend, c, this.stride);
        this.small = new SmallGemm(workers, rowsOfA, columnsOfB, addend, c, this.stride);
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
        if (columnsOfB.alongK() && DotGemm.serves(m, k)) {
            dots.run(m, n, k);
            return;
        }
        if (m <= SMALL_ROWS) {
            small.run(m, n, k);
            return;
        }
        for (firstColumn = 0; firstColumn < n; firstColumn += ROUND_COLUMNS) {
            columns = Math.min(ROUND_COLUMNS, n - firstColumn);
            for (firstRow = 0; firstRow < m; firstRow += ROUND_ROWS) {
                rows = Math.min(ROUND_ROWS, m - firstRow);
                firstStep = 0;
                do {
                    steps = Math.min(KC, k - firstStep);
                    round();
                    firstStep += KC;
                } while (firstStep < k);
            }
        }
    }

    private void round() {
        int rowPanels = Math.ceilDiv(rows, MR);
        int columnPanels = Math.ceilDiv(columns, NR);
        long bytesOfA = rowPanels * GemmPacking.panelBytes(steps, MR);
        packedA = workers.shared(bytesOfA + columnPanels * GemmPacking.panelBytes(steps, NR));
        packedB = packedA + bytesOfA;

        int wanted = TASKS_PER_WORKER * workers.count();
        panelsPerPack = Math.clamp((rowPanels + columnPanels) / wanted, 1, PANELS_PER_TASK);
        packTasksOfA = Math.ceilDiv(rowPanels, panelsPerPack);
        workers.forEach(packTasksOfA + Math.ceilDiv(columnPanels, panelsPerPack), pack);

        int rowTasks = Math.ceilDiv(rows, MC);
        rowPanelsPerTask = Math.ceilDiv(rowPanels, rowTasks);
        columnPanelsPerTask = Math.clamp((long) rowTasks * columnPanels / wanted, 1, PANELS_PER_TASK);
        columnTasks = Math.ceilDiv(columnPanels, columnPanelsPerTask);
        workers.forEach(Math.ceilDiv(rowPanels, rowPanelsPerTask) * columnTasks, multiply);
    }

    private void pack(int task, int worker) {
        long scratch = workers.scratch(worker, GemmPacking.scratchBytes());
        if (task < packTasksOfA) {
            packPanels(rowsOfA, firstRow, rows, MR, task, packedA, scratch);
        } else {
            packPanels(columnsOfB, firstColumn, columns, NR, task - packTasksOfA, packedB, scratch);
        }
    }

    private void packPanels(
            GemmPacking.Items items, int first, int count, int width, int task, long packed, long scratch) {
        long bytes = GemmPacking.panelBytes(steps, width);
        int from = task * panelsPerPack;
        int to = Math.min(from + panelsPerPack, Math.ceilDiv(count, width));
        for (int panel = from; panel < to; panel++) {
            int item = panel * width;
            int present = Math.min(width, count - item);
            GemmPacking.pack(items, first + item, present, firstStep, steps, width, packed + panel * bytes, scratch);
        }
    }

    private void multiply(int task, int worker) {
        long edge = workers.scratch(worker, GemmKernel.edgeBytes());
        long bytesOfA = GemmPacking.panelBytes(steps, MR);
        long bytesOfB = GemmPacking.panelBytes(steps, NR);
        int i0 = task / columnTasks * rowPanelsPerTask * MR;
        int i1 = Math.min(i0 + rowPanelsPerTask * MR, rows);
        int j0 = task % columnTasks * columnPanelsPerTask * NR;
        int j1 = Math.min(j0 + columnPanelsPerTask * NR, columns);
        long base = firstStep == 0 ? addend : c;
        for (int j = j0; j < j1; j += NR) {
            long panelOfB = packedB + j / NR * bytesOfB;
            for (int i = i0; i < i1; i += MR) {
                long offset = (long) (firstRow + i) * stride + (firstColumn + j) * 4L;
                GemmKernel.tile(
                        Math.min(MR, i1 - i),
                        Math.min(NR, j1 - j),
                        steps,
                        packedA + i / MR * bytesOfA,
                        panelOfB,
                        base == 0 ? 0 : base + offset,
                        c + offset,
                        stride,
                        edge);
            }
        }
    }
}
