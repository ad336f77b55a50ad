package dev.unmask.vector.gemm;

import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.vector.machine.Int8Product;

/**
 * Panels of int8: A is rounded while it is packed, B is int8 already. Both lie along k.
 *
 * @param product multiplies them
 * @param scales of all columns, float32
 */
public record Int8Panels(Int8Product product, long scales) implements Panels {
    /** A multiple of a group; most weights have fewer columns, so that C is written once. */
    @Override
    public int steps() {
        return 16 * Int8Gemm.GROUP;
    }

    @Override
    public int rows() {
        return Int8Product.PANEL;
    }

    @Override
    public int columns() {
        return Int8Product.COLUMNS;
    }

    @Override
    public long bytesOfA(int steps) {
        return Int8Product.bytesOfA(steps);
    }

    @Override
    public long bytesOfB(int steps) {
        return Int8Product.bytesOfB(steps);
    }

    @Override
    public long scratchBytes() {
        return Math.max(Int8Packing.SCRATCH_BYTES, product.scratchBytes());
    }

    /** Whole panels only: both operands lie along k, so that nothing is gained by cutting there. */
    @Override
    public int stepsOfPart() {
        return steps();
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
        for (int i = 0; i < count; i++) {
            long panel = panels + i / Int8Product.PANEL * bytesOfA(steps);
            Int8Packing.round(items.address(first + i, from), steps, i % Int8Product.PANEL, panel, scratch);
        }
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
        for (int j = 0; j < count; j += Int8Product.COLUMNS) {
            long source = items.address() + (first + j) * items.stride() + from;
            int present = Math.min(Int8Product.COLUMNS, count - j);
            long panel = panels + j / Int8Product.COLUMNS * bytesOfB(steps);
            Int8Packing.pack(source, items.stride(), present, steps, panel, scratch);
        }
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
        for (int j = 0; j < columns; j += Int8Product.COLUMNS) {
            product.multiply(
                    rows,
                    Math.min(Int8Product.COLUMNS, columns - j),
                    steps,
                    a,
                    b + j / Int8Product.COLUMNS * bytesOfB(steps),
                    scales + (column + j) * 4L,
                    base == 0 ? 0 : base + j * 4L,
                    c + j * 4L,
                    stride,
                    scratch);
        }
    }
}
