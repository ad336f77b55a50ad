package dev.unmask.vector;

import static dev.unmask.vector.Gemm.KC;
import static dev.unmask.vector.GemmKernel.MR;
import static dev.unmask.vector.GemmKernel.NR;

/**
 * The matrix product for few rows, where reading B is all that takes time: each worker takes some columns, packs their
 * panels into its own cache and multiplies at once, so that B crosses the memory bus once and nothing else does.
 *
 * <p>It uses the same panels and the same micro-kernel as {@link Gemm}, hence gives the same bits; a product of dot
 * products would not.
 */
final class SmallGemm {
    /** Panels packed together where a row of B runs across them, so that memory is read in longer pieces. */
    private static final int PANELS_ACROSS = 4;

    private final Workers workers;
    private final GemmPacking.Items rowsOfA;
    private final GemmPacking.Items columnsOfB;
    private final long addend;
    private final long c;
    private final long stride;
    private final Workers.Task multiply = this::multiply;
    private int m;
    private int n;
    private int k;
    private int panelsPerTask;
    private long packedA;

    SmallGemm(
            Workers workers,
            GemmPacking.Items rowsOfA,
            GemmPacking.Items columnsOfB,
            long addend,
            long c,
            long stride) {
        this.workers = workers;
        this.rowsOfA = rowsOfA;
        this.columnsOfB = columnsOfB;
        this.addend = addend;
        this.c = c;
        this.stride = stride;
        this.panelsPerTask = columnsOfB.alongK() ? 1 : PANELS_ACROSS;
    }

    void run(int rows, int columns, int extent) {
        m = rows;
        n = columns;
        k = extent;
        int panels = Math.ceilDiv(m, MR);
        packedA = workers.shared(Math.ceilDiv(k, KC) * panels * GemmPacking.panelBytes(KC, MR));
        long scratch = workers.scratch(0, GemmPacking.scratchBytes());
        for (int from = 0; from < k; from += KC) {
            for (int panel = 0; panel < panels; panel++) {
                int item = panel * MR;
                GemmPacking.pack(
                        rowsOfA,
                        item,
                        Math.min(MR, m - item),
                        from,
                        Math.min(KC, k - from),
                        MR,
                        panelOfA(from, panel),
                        scratch);
            }
        }
        workers.forEach(Math.ceilDiv(n, panelsPerTask * NR), multiply);
    }

    private long panelOfA(int from, int panel) {
        return packedA + ((long) from / KC * Math.ceilDiv(m, MR) + panel) * GemmPacking.panelBytes(KC, MR);
    }

    private void multiply(int task, int worker) {
        long bytesOfB = GemmPacking.panelBytes(KC, NR);
        long scratchBytes = Memory.aligned(GemmPacking.scratchBytes());
        long panels = workers.scratch(worker, panelsPerTask * bytesOfB + scratchBytes + GemmKernel.edgeBytes());
        long scratch = panels + panelsPerTask * bytesOfB;
        int j0 = task * panelsPerTask * NR;
        int j1 = Math.min(j0 + panelsPerTask * NR, n);
        int from = 0;
        do {
            int steps = Math.min(KC, k - from);
            for (int j = j0; j < j1; j += NR) {
                long panel = panels + (j - j0) / NR * bytesOfB;
                GemmPacking.pack(columnsOfB, j, Math.min(NR, n - j), from, steps, NR, panel, scratch);
            }
            for (int j = j0; j < j1; j += NR) {
                multiplyPanel(j, from, steps, panels + (j - j0) / NR * bytesOfB, scratch + scratchBytes);
            }
            from += KC;
        } while (from < k);
    }

    private void multiplyPanel(int j, int from, int steps, long panelOfB, long edge) {
        long base = from == 0 ? addend : c;
        for (int i = 0; i < m; i += MR) {
            long offset = i * stride + j * 4L;
            GemmKernel.tile(
                    Math.min(MR, m - i),
                    Math.min(NR, n - j),
                    steps,
                    panelOfA(from, i / MR),
                    panelOfB,
                    base == 0 ? 0 : base + offset,
                    c + offset,
                    stride,
                    edge);
        }
    }
}
