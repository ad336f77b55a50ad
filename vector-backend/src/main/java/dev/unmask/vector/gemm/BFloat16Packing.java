package dev.unmask.vector.gemm;

import static dev.unmask.vector.lanes.Species.LANES;

import dev.unmask.vector.lanes.BFloat16Words;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Transpose;
import dev.unmask.vector.machine.BFloat16Product;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Packing of matrix operands into panels of {@link BFloat16Product}; F32 is rounded to nearest, ties to even.
 *
 * <p>A block of a panel is a square of words, 16 items by 16 pairs of steps. If the elements of an item follow each
 * other in memory, it is made with a row for each item, else with a row for each pair; the other way is a transposition
 * of that. Steps past the last are zeros; items past the last are whatever, for their results are never stored.
 */
final class BFloat16Packing {
    private static final int PANEL = BFloat16Product.PANEL;
    private static final int BLOCK = BFloat16Product.BLOCK;
    private static final int BLOCK_BYTES = BFloat16Product.BLOCK_BYTES;
    private static final long ROW_BYTES = BFloat16Words.ROW_BYTES;
    private static final int BLOCKS_AT_ONCE = 16;
    private static final int ITEMS_AT_ONCE = 32 * PANEL;

    /** From a square to the next: one line more than a block, that rows of squares fall on all lines of a cache. */
    private static final int SQUARE_BYTES = BLOCK_BYTES + 64;

    /** Where in scratch a block is made whole that items or steps do not fill. */
    private static final long EDGE =
            Math.max((long) BLOCKS_AT_ONCE * BLOCK_BYTES, (long) ITEMS_AT_ONCE / PANEL * SQUARE_BYTES);

    private static final long EDGE_BYTES = BLOCK * ROW_BYTES;

    private BFloat16Packing() {}

    /** Blocks that so many steps of k fill. */
    static int blocks(int k) {
        return Math.max(1, Math.ceilDiv(k, BLOCK));
    }

    /** Bytes of a panel. */
    static long panelBytes(int k) {
        return (long) blocks(k) * BLOCK_BYTES;
    }

    /** Bytes of scratch that {@link #pack} needs. */
    static long scratchBytes() {
        return EDGE + EDGE_BYTES;
    }

    /**
     * Packs some steps of panels that lie one after the other.
     *
     * @param items the operand
     * @param first the first item of the first panel
     * @param count how many items, at least 1; the last panel may be partly filled
     * @param from the step of k that panels begin with
     * @param k how many steps panels have
     * @param begin the first step to pack, counted from {@code from}; a multiple of a block
     * @param end after the last; {@code k}, or a multiple of a block
     * @param rowsAreItems whether a block has a row for each item, as those of A have, or for each pair, as those of B
     * @param panels where to
     * @param scratch of {@link #scratchBytes()}
     */
    static void pack(
            GemmPacking.Items items,
            int first,
            int count,
            int from,
            int k,
            int begin,
            int end,
            boolean rowsAreItems,
            long panels,
            long scratch) {
        long start = panels + (long) begin / BLOCK * BLOCK_BYTES;
        if (items.alongK()) {
            for (int i = 0; i < count; i += PANEL) {
                long panel = start + i / PANEL * panelBytes(k);
                int present = Math.min(PANEL, count - i);
                join(items, first + i, present, from + begin, end - begin, rowsAreItems, panel, scratch);
            }
        } else {
            for (int block = 0; block < blocks(end - begin); block++) {
                int step = begin + block * BLOCK;
                int steps = Math.min(BLOCK, end - step);
                for (int i = 0; i < count; i += ITEMS_AT_ONCE) {
                    long target = start + (long) block * BLOCK_BYTES + i / PANEL * panelBytes(k);
                    int present = Math.min(ITEMS_AT_ONCE, count - i);
                    zip(items, first + i, present, from + step, steps, scratch);
                    scatter(present, rowsAreItems, scratch, target, panelBytes(k));
                }
            }
        }
    }

    /** A panel of items whose steps follow each other: the first half of a block joins its second. */
    private static void join(
            GemmPacking.Items items,
            int first,
            int count,
            int from,
            int k,
            boolean rowsAreItems,
            long panel,
            long scratch) {
        int blocks = blocks(k);
        for (int block = 0; block < blocks; block += BLOCKS_AT_ONCE) {
            long part = panel + (long) block * BLOCK_BYTES;
            long target = rowsAreItems ? part : scratch;
            int steps = Math.min(BLOCKS_AT_ONCE * BLOCK, k - block * BLOCK);
            int whole = steps / BLOCK;
            long source = items.address(first, from + block * BLOCK);
            for (int i = 0; i < count; i++) {
                long row = target + i * ROW_BYTES;
                join(items.bf16(), source, whole, row);
                if (whole < blocks(steps)) {
                    long edge = scratch + EDGE;
                    long left = (long) (steps - whole * BLOCK) * items.bytes();
                    pad(source + (long) whole * BLOCK * items.bytes(), 0, 1, left, edge, BLOCK * 4L);
                    join(items.bf16(), edge, 1, row + (long) whole * BLOCK_BYTES);
                }
                source += items.stride();
            }
            if (!rowsAreItems) {
                for (int turned = 0; turned < Math.min(BLOCKS_AT_ONCE, blocks - block); turned++) {
                    turn(scratch + (long) turned * BLOCK_BYTES, part + (long) turned * BLOCK_BYTES);
                }
            }
        }
    }

    private static void join(boolean bf16, long source, int blocks, long target) {
        if (bf16) {
            BFloat16Words.joinHalves(source, blocks, target);
        } else {
            BFloat16Words.joinFloats(source, blocks, target);
        }
    }

    /** A block each of some panels of items that follow each other in every step. */
    private static void zip(GemmPacking.Items items, int first, int count, int from, int steps, long scratch) {
        int whole = steps == BLOCK ? count / PANEL : 0;
        zip(items.bf16(), items.address(first, from), items.stride(), whole, scratch);
        for (int square = whole; square < Math.ceilDiv(count, PANEL); square++) {
            int item = square * PANEL;
            long edge = scratch + EDGE;
            long present = (long) Math.min(PANEL, count - item) * items.bytes();
            pad(items.address(first + item, from), items.stride(), steps, present, edge, EDGE_BYTES);
            zip(items.bf16(), edge, ROW_BYTES, 1, scratch + (long) square * SQUARE_BYTES);
        }
    }

    private static void zip(boolean bf16, long source, long stride, int squares, long target) {
        if (bf16) {
            BFloat16Words.zipHalves(source, stride, squares, target, SQUARE_BYTES);
        } else {
            BFloat16Words.zipFloats(source, stride, squares, target, SQUARE_BYTES);
        }
    }

    /** Copies some rows to where they lie 64 bytes apart and zeros surround them. */
    private static void pad(long source, long stride, int rows, long bytes, long target, long targetBytes) {
        for (long i = 0; i < targetBytes; i += Long.BYTES) {
            Memory.ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, target + i, 0);
        }
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(Memory.ALL, source + row * stride, Memory.ALL, target + row * ROW_BYTES, bytes);
        }
    }

    /** Brings squares to their panels. */
    private static void scatter(int count, boolean rowsAreItems, long squares, long target, long toNextPanel) {
        for (int i = 0; i < Math.ceilDiv(count, PANEL); i++) {
            long square = squares + (long) i * SQUARE_BYTES;
            if (rowsAreItems) {
                turn(square, target + i * toNextPanel);
            } else {
                MemorySegment.copy(Memory.ALL, square, Memory.ALL, target + i * toNextPanel, BLOCK_BYTES);
            }
        }
    }

    /** Transposes a block of 16 by 16 words, in squares of as many lanes as there are. */
    static void turn(long source, long target) {
        for (int row = 0; row < PANEL; row += LANES) {
            Transpose.rows(PANEL / LANES, source + row * ROW_BYTES, ROW_BYTES, LANES, target + row * 4L, ROW_BYTES);
        }
    }
}
