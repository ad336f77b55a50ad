package dev.unmask.vector.gemm;

import dev.unmask.vector.machine.BFloat16Product;

/** Panels of bfloat16, multiplied by machine code. */
public record BFloat16Panels(BFloat16Product product) implements Panels {
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
        return Math.max(BFloat16Packing.scratchBytes(), product.scratchBytes());
    }

    @Override
    public int stepsOfPart() {
        return BFloat16Product.BLOCK;
    }

    @Override
    public void packA(
            GemmPacking.Items items,
            int first,
            int count,
            int from,
            int steps,
            int begin,
            int end,
            long panels,
            long scratch) {
        BFloat16Packing.pack(items, first, count, from, steps, begin, end, true, panels, scratch);
    }

    @Override
    public void packB(
            GemmPacking.Items items,
            int first,
            int count,
            int from,
            int steps,
            int begin,
            int end,
            long panels,
            long scratch) {
        BFloat16Packing.pack(items, first, count, from, steps, begin, end, false, panels, scratch);
    }

    @Override
    public void multiply(
            int column,
            int rows,
            int columns,
            int steps,
            long a,
            long b,
            long base,
            long c,
            long stride,
            long scratch) {
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
