package dev.unmask.vector;

import dev.unmask.vector.machine.BFloat16Product;

/** Panels of bfloat16, multiplied by machine code. */
record BFloat16Panels(BFloat16Product product) implements Panels {
    private static final int WIDTH = BFloat16Product.PANEL;

    @Override
    public int steps() {
        return 1024;
    }

    @Override
    public int rows() {
        return product.rows();
    }

    @Override
    public int columns() {
        return product.columns();
    }

    @Override
    public long bytesOfA(int steps) {
        return product.rows() / WIDTH * BFloat16Packing.panelBytes(steps);
    }

    @Override
    public long bytesOfB(int steps) {
        return product.columns() / WIDTH * BFloat16Packing.panelBytes(steps);
    }

    @Override
    public long scratchBytes() {
        return Math.max(BFloat16Packing.panelBytes(steps()), product.scratchBytes());
    }

    @Override
    public void packA(GemmPacking.Items items, int first, int count, int from, int steps, long panel, long scratch) {
        pack(items, first, count, from, steps, true, panel, scratch);
    }

    @Override
    public void packB(GemmPacking.Items items, int first, int count, int from, int steps, long panel, long scratch) {
        pack(items, first, count, from, steps, false, panel, scratch);
    }

    private static void pack(
            GemmPacking.Items items,
            int first,
            int count,
            int from,
            int steps,
            boolean rowsAreItems,
            long panel,
            long scratch) {
        for (int i = 0; i < count; i += WIDTH) {
            long target = panel + i / WIDTH * BFloat16Packing.panelBytes(steps);
            int present = Math.min(WIDTH, count - i);
            BFloat16Packing.pack(items, first + i, present, from, steps, rowsAreItems, target, scratch);
        }
    }

    @Override
    public void multiply(
            int rows, int columns, int steps, long a, long b, long base, long c, long stride, long scratch) {
        int blocks = BFloat16Packing.blocks(steps);
        for (int j = 0; j < columns; j += columns()) {
            product.multiply(
                    rows,
                    Math.min(columns(), columns - j),
                    blocks,
                    a,
                    b + j / columns() * bytesOfB(steps),
                    base == 0 ? 0 : base + j * 4L,
                    c + j * 4L,
                    stride,
                    scratch);
        }
    }
}
