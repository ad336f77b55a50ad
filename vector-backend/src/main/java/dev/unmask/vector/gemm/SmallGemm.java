package dev.unmask.vector.gemm;

import static dev.unmask.vector.gemm.GemmKernel.MR;
import static dev.unmask.vector.gemm.GemmKernel.NR;

import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

/**
 * The matrix product for few rows, where reading B is all that takes time: each worker takes some columns, packs their
 * panels into its own cache and multiplies at once, so that B crosses the memory bus once and nothing else does.
 *
 * <p>It uses the same panels and the same micro-kernel as {@link FittingProduct}, hence gives the same bits; a product
 * of dot products would not.
 */
final class SmallGemm implements MatrixProduct {
    /**
     * Up to how many rows. With 32 of them, the rows of a pass of a sampler's dual cache, 64 passes of the 34M preset
     * took 2.9 and 3.1 s this way, 3.8 and 3.8 s by {@link BlockedProduct} (EPYC Zen 4, two threads).
     */
    static final int MOST_ROWS = 4 * MR;

    /** Panels packed together where a row of B runs across them, so that memory is read in longer pieces. */
    private static final int PANELS_ACROSS = 4;

    private final Workers workers;
    private final Workspace workspace;
    private final Float32Panels panels;
    private final GemmPacking.Items rowsOfA;
    private final GemmPacking.Items columnsOfB;
    private final long addend;
    private final long c;
    private final long stride;
    private final int panelsPerTask;
    private final long bytesOfA;
    private final long bytesOfB;
    private final Workers.Task multiply = this::multiply;
    private int m;
    private int n;
    private int k;
    private long packedA;

    /**
     * Prepares a product.
     *
     * @param workers who do it
     * @param workspace where panels are packed
     * @param panels how
     * @param places of the operands
     */
    SmallGemm(Workers workers, Workspace workspace, Float32Panels panels, Places places) {
        this.workers = workers;
        this.workspace = workspace;
        this.panels = panels;
        rowsOfA = places.rowsOfA();
        columnsOfB = places.columnsOfB();
        addend = places.addend();
        c = places.c();
        stride = places.stride();
        panelsPerTask = columnsOfB.alongK() ? 1 : PANELS_ACROSS;
        bytesOfA = panels.bytesOfA(panels.steps());
        bytesOfB = panels.bytesOfB(panels.steps());
    }

    @Override
    public void reserve(int rows, int columns, int extent) {
        workspace.reserveShared(bytesOfA(Math.min(rows, MOST_ROWS), extent));
        workspace.reserveEach(panelsPerTask * bytesOfB + panels.scratchBytes());
    }

    /** Up to {@link #MOST_ROWS} rows. */
    @Override
    public void run(int rows, int columns, int extent) {
        m = rows;
        n = columns;
        k = extent;
        packedA = workspace.shared(bytesOfA(m, k));
        for (int from = 0; from < k; from += panels.steps()) {
            int steps = Math.min(panels.steps(), k - from);
            for (int i = 0; i < m; i += MR) {
                int count = Math.min(MR, m - i);
                panels.packA(rowsOfA, i, count, from, steps, 0, steps, panelOfA(from, i / MR), workspace.of(0));
            }
        }
        workers.forEach(Math.ceilDiv(n, panelsPerTask * NR), multiply);
    }

    private long bytesOfA(int rows, int extent) {
        return (long) Math.ceilDiv(extent, panels.steps()) * Math.ceilDiv(rows, MR) * bytesOfA;
    }

    private long panelOfA(int from, int panel) {
        return packedA + ((long) from / panels.steps() * Math.ceilDiv(m, MR) + panel) * bytesOfA;
    }

    private void multiply(int task, int worker) {
        long packedB = workspace.of(worker);
        long scratch = packedB + panelsPerTask * bytesOfB;
        int j0 = task * panelsPerTask * NR;
        int j1 = Math.min(j0 + panelsPerTask * NR, n);
        int from = 0;
        do {
            int steps = Math.min(panels.steps(), k - from);
            for (int j = j0; j < j1; j += NR) {
                long panel = packedB + (j - j0) / NR * bytesOfB;
                panels.packB(columnsOfB, j, Math.min(NR, n - j), from, steps, 0, steps, panel, scratch);
            }
            for (int j = j0; j < j1; j += NR) {
                multiplyPanel(j, from, steps, packedB + (j - j0) / NR * bytesOfB, scratch);
            }
            from += panels.steps();
        } while (from < k);
    }

    private void multiplyPanel(int j, int from, int steps, long panelOfB, long scratch) {
        long base = from == 0 ? addend : c;
        for (int i = 0; i < m; i += MR) {
            long offset = i * stride + j * 4L;
            panels.multiply(
                    j,
                    Math.min(MR, m - i),
                    Math.min(NR, n - j),
                    steps,
                    panelOfA(from, i / MR),
                    panelOfB,
                    base == 0 ? 0 : base + offset,
                    c + offset,
                    stride,
                    scratch);
        }
    }
}
