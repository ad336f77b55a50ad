package dev.unmask.vector.gemm;

import static dev.unmask.vector.gemm.GemmKernel.MR;
import static dev.unmask.vector.gemm.GemmKernel.NR;
import static dev.unmask.vector.lanes.Species.LANES;

import dev.unmask.vector.lanes.BFloat16Rows;

/**
 * Panels of float32, multiplied by the Vector API.
 *
 * @param rounding whether what is packed is rounded to bfloat16
 */
public record Float32Panels(boolean rounding) implements Panels {
    /** Steps of k summed before they are added to C. A constant: it decides the bits of the result. */
    static final int KC = 512;

    @Override
    public int steps() {
        return KC;
    }

    @Override
    public int rows() {
        return MR;
    }

    @Override
    public int columns() {
        return NR;
    }

    @Override
    public long bytesOfA(int steps) {
        return GemmPacking.panelBytes(steps, MR);
    }

    @Override
    public long bytesOfB(int steps) {
        return GemmPacking.panelBytes(steps, NR);
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
        pack(items, first, count, from, steps, MR, panels, scratch);
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
        pack(items, first, count, from, steps, NR, panels, scratch);
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
}
