package dev.unmask.vector.gemm;

import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import java.util.Optional;

/**
 * The matrix product after the BLIS scheme: both operands are packed, a block at a time, into panels that a
 * micro-kernel reads in order.
 *
 * <p>The blocks: K is cut every {@link Panels#steps()}; a block of A stays in the second-level cache while panels of B
 * pass by; all packed blocks of a round, and the part of C they add to, stay in the third-level cache. Workers share
 * the packed blocks.
 *
 * <p>An element of C is the sum, in ascending order, of D and one partial sum for each block of K. Only {@link
 * Panels#steps()}, a constant, decides where blocks of K end; so the bits of a row are the same whatever the number of
 * workers, the size of caches, and the number of other rows.
 */
final class BlockedProduct implements MatrixProduct {
    /** Panels that one task multiplies by, at most. */
    private static final int PANELS_PER_TASK = 16;

    /** Tasks to aim at for each worker, so that one that is held up does not hold up all. */
    private static final int TASKS_PER_WORKER = 4;

    private final Workers workers;
    private final Workspace workspace;
    private final Panels panels;
    private final PackedOperand left;
    private final PackedOperand right;
    private final Optional<KeptPanels> kept;
    private final long addend;
    private final long c;
    private final long stride;
    private final int round;
    private final int blockRows;
    private final Workers.Task pack = this::pack;
    private final Workers.Task multiply = this::multiply;

    /** The block that the workers are at. */
    private int firstRow;

    private int rows;
    private int firstColumn;
    private int columns;
    private int firstStep;
    private int steps;
    private int rowPanelsPerTask;
    private int columnPanelsPerTask;
    private int columnTasks;
    private boolean packsRight;

    /**
     * Prepares a product.
     *
     * @param workers who do it
     * @param workspace where panels are packed
     * @param panels how
     * @param places of the operands
     * @param kept where the panels of B are kept, if they are; then every run multiplies by all of B
     */
    BlockedProduct(Workers workers, Workspace workspace, Panels panels, Places places, Optional<KeptPanels> kept) {
        this.workers = workers;
        this.workspace = workspace;
        this.panels = panels;
        left = new PackedOperand(panels, true, places.rowsOfA());
        right = new PackedOperand(panels, false, places.columnsOfB());
        addend = places.addend();
        c = places.c();
        stride = places.stride();
        this.kept = kept;
        // A block of A fills half of the second-level cache.
        long bytesOfA = panels.bytesOfA(panels.steps());
        blockRows = (int) Math.max(1, CacheSizes.HERE.level2() / 2 / bytesOfA) * panels.rows();
        // Packed operands and C fill the third-level cache.
        long bytesOfRow = bytesOfA / panels.rows();
        round = Math.clamp(CacheSizes.HERE.level3() / (2 * bytesOfRow), 512, 2048);
    }

    @Override
    public void reserve(int m, int n, int k) {
        int most = Math.min(panels.steps(), k);
        long bytes = Math.ceilDiv(longest(m), panels.rows()) * panels.bytesOfA(most);
        if (kept.isEmpty()) {
            bytes += Math.ceilDiv(longest(n), panels.columns()) * panels.bytesOfB(most);
        }
        workspace.reserveShared(bytes);
        workspace.reserveEach(panels.scratchBytes());
    }

    @Override
    public void run(int m, int n, int k) {
        if (m == 0 || n == 0 || k == 0 && addend == c) {
            return;
        }
        packsRight = kept.isEmpty() || !kept.get().areCurrent();
        int roundColumns = even(n, panels.columns());
        int roundRows = even(m, panels.rows());
        for (firstColumn = 0; firstColumn < n; firstColumn += roundColumns) {
            columns = Math.min(roundColumns, n - firstColumn);
            for (firstRow = 0; firstRow < m; firstRow += roundRows) {
                rows = Math.min(roundRows, m - firstRow);
                firstStep = 0;
                do {
                    steps = Math.min(panels.steps(), k - firstStep);
                    round();
                    firstStep += panels.steps();
                } while (firstStep < k);
                // What is kept of these columns serves the other rows.
                packsRight = packsRight && kept.isEmpty();
            }
            packsRight = kept.isEmpty() || !kept.get().areCurrent();
        }
        kept.ifPresent(KeptPanels::havePacked);
    }

    /**
     * Cuts a side of C into rounds of about the same length: what is left over would have the other operand packed once
     * more for little.
     */
    private int even(int extent, int panel) {
        int rounds = Math.max(1, Math.round((float) extent / round));
        return Math.ceilDiv(Math.ceilDiv(extent, rounds), panel) * panel;
    }

    /** The longest round of a side that is up to so long: just before two rounds serve better than one. */
    private int longest(int extent) {
        return Math.min(extent, round + round / 2);
    }

    private void round() {
        left.turnTo(firstRow, rows, firstStep, steps);
        right.turnTo(firstColumn, columns, firstStep, steps);
        int rowPanels = left.panelCount();
        int columnPanels = right.panelCount();
        long bytesOfLeft = rowPanels * left.panelBytes();
        long packed = workspace.shared(bytesOfLeft + (kept.isEmpty() ? columnPanels * right.panelBytes() : 0));
        long packedRight = kept.isEmpty() ? packed + bytesOfLeft : kept.get().address(firstColumn, firstStep, steps);

        int wanted = TASKS_PER_WORKER * workers.count();
        int panelsOfTask = (rowPanels + columnPanels) / wanted;
        left.share(packed, panelsOfTask);
        right.share(packedRight, panelsOfTask);
        workers.forEach(left.tasks() + right.tasks(), pack);

        int rowTasks = Math.ceilDiv(rows, blockRows);
        rowPanelsPerTask = Math.ceilDiv(rowPanels, rowTasks);
        columnPanelsPerTask = Math.clamp((long) rowTasks * columnPanels / wanted, 1, PANELS_PER_TASK);
        columnTasks = Math.ceilDiv(columnPanels, columnPanelsPerTask);
        workers.forEach(Math.ceilDiv(rowPanels, rowPanelsPerTask) * columnTasks, multiply);
    }

    private void pack(int task, int worker) {
        long scratch = workspace.of(worker);
        if (task < left.tasks()) {
            left.pack(task, scratch);
        } else if (packsRight) {
            right.pack(task - left.tasks(), scratch);
        } else {
            right.fetch(task - left.tasks(), scratch);
        }
    }

    private void multiply(int task, int worker) {
        int rowPanel = task / columnTasks * rowPanelsPerTask;
        int columnPanel = task % columnTasks * columnPanelsPerTask;
        int i = rowPanel * panels.rows();
        int j = columnPanel * panels.columns();
        long offset = (long) (firstRow + i) * stride + (firstColumn + j) * 4L;
        long base = firstStep == 0 ? addend : c;
        panels.multiply(
                firstColumn + j,
                Math.min(rowPanelsPerTask * panels.rows(), rows - i),
                Math.min(columnPanelsPerTask * panels.columns(), columns - j),
                steps,
                left.panel(rowPanel),
                right.panel(columnPanel),
                base == 0 ? 0 : base + offset,
                c + offset,
                stride,
                workspace.of(worker));
    }
}
