package dev.unmask.vector.gemm;

import static dev.unmask.vector.gemm.GemmKernel.MR;
import static dev.unmask.vector.gemm.GemmKernel.NR;
import static dev.unmask.vector.lanes.Species.LANES;

import dev.unmask.vector.lanes.BFloat16Rows;
import dev.unmask.vector.machine.Float32Product;

import java.util.Optional;

/**
 * Panels of float32, multiplied by machine code or by the Vector API, to the same bits.
 *
 * @param rounding whether what is packed is rounded to bfloat16
 * @param code what multiplies, if it is machine code
 */
public record Float32Panels(boolean rounding, Optional<Float32Product> code) implements Panels {
    /** Steps of k summed before they are added to C. A constant: it decides the bits of the result. */
    static final int KC = 512;

    @Override
    public int steps() {
        return KC;
    }

    @Override
    public int rows() {
        return code.isPresent() ? code.get().rows() : MR;
    }

    @Override
    public int columns() {
        return code.isPresent() ? code.get().columns() : NR;
    }

    @Override
    public long bytesOfA(int steps) {
        return GemmPacking.panelBytes(steps, rows());
    }

    @Override
    public long bytesOfB(int steps) {
        return GemmPacking.panelBytes(steps, columns());
    }

    @Override
    public long scratchBytes() {
        return Math.max(GemmPacking.scratchBytes(), GemmKernel.edgeBytes());
    }

    /** Whole panels only: rows of a panel are stored with vectors that may reach into the next row. */
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
        pack(items, first, count, from, steps, rows(), panels, scratch);
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
        pack(items, first, count, from, steps, columns(), panels, scratch);
    }

    private void pack(
            GemmPacking.Items items, int first, int count, int from, int steps, int width, long panels, long scratch) {
        long panel = panels;
        for (int i = 0; i < count; i += width) {
            GemmPacking.pack(items, first + i, Math.min(width, count - i), from, steps, width, panel, scratch);
            if (rounding && !items.bf16()) {
                // What is rounded past the last element lies in the panel as well.
                BFloat16Rows.roundInPlace(panel, Math.ceilDiv(steps * width, LANES) * LANES);
            }
            panel += GemmPacking.panelBytes(steps, width);
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
        if (code.isPresent() && rows == 1 && NR == columns()) {
            multiplyRow(columns, steps, a, b, base, c, scratch);
            return;
        }
        if (code.isPresent()) {
            multiply(code.get(), rows, columns, steps, a, b, base, c, stride);
            return;
        }
        long bytesOfA = bytesOfA(steps);
        long bytesOfB = bytesOfB(steps);
        for (int j = 0; j < columns; j += NR) {
            long panelOfB = b + j / NR * bytesOfB;
            for (int i = 0; i < rows; i += MR) {
                long offset = i * stride + j * 4L;
                GemmKernel.tile(
                        Math.min(MR, rows - i),
                        Math.min(NR, columns - j),
                        steps,
                        a + i / MR * bytesOfA,
                        panelOfB,
                        base == 0 ? 0 : base + offset,
                        c + offset,
                        stride,
                        scratch);
            }
        }
    }

    /** A row alone, for which memory is waited for: 65 MB in 2.0 to 2.8 ms this way, in 2.6 to 3.7 by machine code. */
    private void multiplyRow(int columns, int steps, long a, long b, long base, long c, long scratch) {
        for (int j = 0; j < columns; j += NR) {
            long panel = b + j / NR * bytesOfB(steps);
            long addend = base == 0 ? 0 : base + j * 4L;
            GemmKernel.row(Math.min(NR, columns - j), steps, a, rows() * 4L, panel, addend, c + j * 4L, scratch);
        }
    }

    private void multiply(
            Float32Product product, int rows, int columns, int steps, long a, long b, long base, long c, long stride) {
        long bytesOfB = bytesOfB(steps);
        for (int j = 0; j < columns; j += product.columns()) {
            int width = Math.min(product.columns(), columns - j);
            long panel = b + j / product.columns() * bytesOfB;
            product.multiply(
                    rows,
                    width,
                    steps,
                    a,
                    Float.BYTES,
                    rows() * 4L,
                    bytesOfA(steps),
                    panel,
                    product.columns() * 4L,
                    false,
                    base == 0 ? 0 : base + j * 4L,
                    c + j * 4L,
                    stride,
                    panel + bytesOfB,
                    j + width < columns ? bytesOfB : 0);
        }
    }
}
