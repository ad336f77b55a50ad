package dev.unmask.vector.gemm;

import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Int8Words;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.machine.Int8Product;

/** Packing of operands into panels of {@link Int8Product}. */
final class Int8Packing {
    /** Bytes of scratch that both ways need: a square of words and what a block or a group is made whole in. */
    static final long SCRATCH_BYTES = Int8Product.BLOCK_BYTES + Int8Gemm.GROUP * 4L;

    private static final long ROW_BYTES = Int8Product.BLOCK;

    private Int8Packing() {}

    /**
     * Rounds a row of A.
     *
     * @param source float32 that follow each other
     * @param steps how many
     * @param place of the row in its panel
     * @param panel where it starts
     * @param scratch of {@link #SCRATCH_BYTES}
     */
    static void round(long source, int steps, int place, long panel, long scratch) {
        for (int group = 0; group < Int8Product.groups(steps); group++) {
            int from = group * Int8Gemm.GROUP;
            int present = Math.min(Int8Gemm.GROUP, steps - from);
            int blocks = Int8Product.blocks(present);
            long numbers = source + from * 4L;
            if (present < blocks * Int8Product.BLOCK) {
                Floats.fill(scratch, blocks * Int8Product.BLOCK, 0);
                Floats.copy(numbers, scratch, present * 4L);
                numbers = scratch;
            }
            long header = panel + Int8Product.groupOfA(group);
            long words = header + Int8Product.HEADER_BYTES + place * ROW_BYTES;
            float largest = Int8Words.largest(numbers, blocks);
            boolean zero = largest < Int8Gemm.LEAST;
            int sum = Int8Words.round(numbers, blocks, zero ? 0 : Int8Gemm.STEPS / largest, words);
            float step = Float.isFinite(largest) ? largest / Int8Gemm.STEPS : Float.NaN;
            Memory.f32(header + place * 4L, zero ? 0 : step);
            Memory.i32(header + Int8Product.PANEL * 4L + place * 4L, -128 * sum);
        }
    }

    /**
     * Packs a panel of B.
     *
     * @param source the first column's first step; steps of int8 follow each other
     * @param stride bytes from a column to the next
     * @param columns how many there are, in {@code [1, COLUMNS]}; the last one stands for those that do not exist
     * @param steps how many
     * @param panel where to
     * @param scratch of {@link #SCRATCH_BYTES}
     */
    static void pack(long source, long stride, int columns, int steps, long panel, long scratch) {
        for (int group = 0; group < Int8Product.groups(steps); group++) {
            int blocks = Int8Product.blocksOf(steps, group);
            long target = panel + Int8Product.groupOfB(group);
            for (int vector = 0; vector < Int8Product.VECTORS; vector++) {
                for (int block = 0; block < blocks; block++) {
                    int step = group * Int8Gemm.GROUP + block * Int8Product.BLOCK;
                    int first = vector * Int8Product.PANEL;
                    pack(source + step, stride, first, columns - 1, Math.min(Int8Product.BLOCK, steps - step), scratch);
                    BFloat16Packing.turn(scratch, target);
                    target += Int8Product.BLOCK_BYTES;
                }
            }
        }
    }

    /** A block of 16 columns, one in a row of words each. */
    private static void pack(long source, long stride, int first, int last, int steps, long square) {
        for (int i = 0; i < Int8Product.PANEL; i++) {
            long column = source + Math.min(first + i, last) * stride;
            if (steps < Int8Product.BLOCK) {
                long edge = square + Int8Product.BLOCK_BYTES;
                Floats.fill(edge, Int8Product.BLOCK / 4, 0);
                Floats.copy(column, edge, steps);
                column = edge;
            }
            Int8Words.join(column, square + i * ROW_BYTES);
        }
    }
}
