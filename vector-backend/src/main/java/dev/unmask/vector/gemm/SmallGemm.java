package dev.unmask.vector.gemm;

import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import java.util.Optional;

/**
 * The matrix product for few rows, where reading B is all that takes time: each worker takes some columns, packs their
 * panels into its own cache and multiplies at once, so that B crosses the memory bus once and nothing else does. Panels
 * that are kept are read where they are, in order, which memory likes best.
 *
 * <p>Eight layers of the 34M preset, 109 MB, out of memory, one thread, as GB/s of B in float32 (EPYC Zen 4, 2026-11):
 *
 * <pre>
 * rows                           1     4     8    16
 * float32, packed on the way   9.9  10.1   8.6   6.5
 * float32, kept               19.3  20.6  18.1  11.0
 * bfloat16, packed on the way 10.1   9.8         7.6
 * bfloat16, kept              44.8  38.4        20.7
 * </pre>
 *
 * <p>It uses the same panels and the same micro-kernel as {@link BlockedProduct}, hence gives the same bits; a product
 * of dot products would not.
 */
final class SmallGemm implements MatrixProduct {
    /**
     * Up to how many rows. With 32 of them, the rows of a pass of a sampler's dual cache, 64 passes of the 34M preset
     * took 2.9 and 3.1 s this way, 3.8 and 3.8 s by {@link BlockedProduct} (EPYC Zen 4, two threads).
     */
    static final int MOST_ROWS = 48;

    /** Panels packed together where a row of B runs across them, so that memory is read in longer pieces. */
    private static final int PANELS_ACROSS = 4;

    private final Workers workers;
    private final Workspace workspace;
    private final Panels panels;
    private final GemmPacking.Items rowsOfA;
    private final GemmPacking.Items columnsOfB;
    private final long addend;
    private final long c;
    private final long stride;
    private final Optional<KeptPanels> kept;
    private final int panelsPerTask;
    private final long bytesOfA;
    private final long bytesOfB;
    private final Workers.Task multiply = this::multiply;
    private int m;
    private int n;
    private int k;
    private boolean packsRight;
    private long packedA;

    /**
     * Prepares a product.
     *
     * @param workers who do it
     * @param workspace where panels are packed
     * @param panels how
     * @param places of the operands
     * @param kept where the panels of B are kept, if they are; then every run multiplies by all of B
     */
    SmallGemm(Workers workers, Workspace workspace, Panels panels, Places places, Optional<KeptPanels> kept) {
        this.workers = workers;
        this.workspace = workspace;
        this.panels = panels;
        rowsOfA = places.rowsOfA();
        columnsOfB = places.columnsOfB();
        addend = places.addend();
        c = places.c();
        stride = places.stride();
        this.kept = kept;
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
        packsRight = kept.isEmpty() || !kept.get().areCurrent();
        packedA = workspace.shared(bytesOfA(m, k));
        // Where there is no step, there are panels of zeros, as machine code multiplies one block at least.
        int from = 0;
        do {
            int steps = Math.min(panels.steps(), k - from);
            for (int i = 0; i < m; i += panels.rows()) {
                int count = Math.min(panels.rows(), m - i);
                long panel = panelOfA(from, i / panels.rows());
                panels.packA(rowsOfA, i, count, from, steps, 0, steps, panel, workspace.of(0));
            }
            from += panels.steps();
        } while (from < k);
        workers.forEach(Math.ceilDiv(n, panelsPerTask * panels.columns()), multiply);
        kept.ifPresent(KeptPanels::havePacked);
    }

    private long bytesOfA(int rows, int extent) {
        int parts = Math.max(1, Math.ceilDiv(extent, panels.steps()));
        return (long) parts * Math.ceilDiv(rows, panels.rows()) * bytesOfA;
    }

    private long panelOfA(int from, int panel) {
        return packedA + ((long) from / panels.steps() * Math.ceilDiv(m, panels.rows()) + panel) * bytesOfA;
    }

    private void multiply(int task, int worker) {
        long packed = workspace.of(worker);
        long scratch = packed + panelsPerTask * bytesOfB;
        int width = panels.columns();
        int j0 = task * panelsPerTask * width;
        int j1 = Math.min(j0 + panelsPerTask * width, n);
        int from = 0;
        do {
            int steps = Math.min(panels.steps(), k - from);
            for (int j = j0; packsRight && j < j1; j += width) {
                long panel = panelOfB(packed, j - j0, j, from, steps);
                panels.packB(columnsOfB, j, Math.min(width, n - j), from, steps, 0, steps, panel, scratch);
            }
            for (int j = j0; j < j1; j += width) {
                multiplyPanel(j, from, steps, panelOfB(packed, j - j0, j, from, steps), scratch);
            }
            from += panels.steps();
        } while (from < k);
    }

    private long panelOfB(long packed, int offset, int column, int from, int steps) {
        return kept.isEmpty() ? packed + offset / panels.columns() * bytesOfB : kept.get().address(column, from, steps);
    }

    private void multiplyPanel(int j, int from, int steps, long panelOfB, long scratch) {
        long base = from == 0 ? addend : c;
        for (int i = 0; i < m; i += panels.rows()) {
            long offset = i * stride + j * 4L;
            panels.multiply(
                    j,
                    Math.min(panels.rows(), m - i),
                    Math.min(panels.columns(), n - j),
                    steps,
                    panelOfA(from, i / panels.rows()),
                    panelOfB,
                    base == 0 ? 0 : base + offset,
                    c + offset,
                    stride,
                    scratch);
        }
    }
}
