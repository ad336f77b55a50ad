package dev.unmask.vector;

import static dev.unmask.vector.Species.BYTES;
import static dev.unmask.vector.Species.FLOATS;
import static dev.unmask.vector.Species.HALVES;
import static dev.unmask.vector.Species.INTS;
import static dev.unmask.vector.Species.LANES;
import static dev.unmask.vector.Species.ORDER;

import dev.unmask.vector.machine.BFloat16Product;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

import java.lang.foreign.MemorySegment;

/**
 * Packing of matrix operands into panels of {@link BFloat16Product}; F32 is rounded to nearest, ties to even.
 *
 * <p>A block of a panel is a square of words, 16 items by 16 pairs of steps. If the elements of an item follow each
 * other in memory, it is made with a row for each item, else with a row for each pair; the other way is a transposition
 * of that. Steps past the last are zeros; items past the last are whatever, for their results are never stored.
 */
final class BFloat16Packing {
    /** The bits of a float32 that bfloat16 has. */
    static final int UPPER = 0xFFFF0000;

    private static final int PANEL = BFloat16Product.PANEL;
    private static final int BLOCK = BFloat16Product.BLOCK;
    private static final int BLOCK_BYTES = BFloat16Product.BLOCK_BYTES;
    private static final int ROW_BYTES = 64;
    private static final int BLOCKS_AT_ONCE = 16;
    private static final int ITEMS_AT_ONCE = 32 * PANEL;

    /** From a square to the next: one line more than a block, that rows of squares fall on all lines of a cache. */
    private static final int SQUARE_BYTES = BLOCK_BYTES + 64;

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
        return Math.max((long) BLOCKS_AT_ONCE * BLOCK_BYTES, (long) ITEMS_AT_ONCE / PANEL * SQUARE_BYTES);
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
            long source = items.address(first, from + block * BLOCK);
            for (int i = 0; i < count; i++) {
                if (items.bf16()) {
                    joinHalves(source, steps, target + (long) i * ROW_BYTES);
                } else {
                    joinFloats(source, steps, target + (long) i * ROW_BYTES);
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

    /**
     * A block each of some panels of items that follow each other in every step: the first 16 steps are zipped with the
     * second 16. Two steps are read at a time, as far as items go: memory likes to be read in order.
     */
    private static void zip(GemmPacking.Items items, int first, int count, int from, int steps, long squares) {
        long source = items.address(first, from);
        int whole = steps == BLOCK ? count / PANEL * PANEL : 0;
        if (items.bf16()) {
            zipHalves(source, items.stride(), whole, squares);
            zipSomeHalves(source, items.stride(), whole, count, steps, squares);
        } else {
            zipFloats(source, items.stride(), whole, squares);
            zipSomeFloats(source, items.stride(), whole, count, steps, squares);
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

    /** Transposes a block, in squares of as many lanes as there are. */
    private static void turn(long source, long target) {
        for (int row = 0; row < PANEL; row += LANES) {
            Transpose.rows(
                    PANEL / LANES, source + row * (long) ROW_BYTES, ROW_BYTES, LANES, target + row * 4L, ROW_BYTES);
        }
    }

    /** The bits of float32, rounded, in the upper halves; what the lower halves hold is undefined. */
    static IntVector rounded(IntVector bits) {
        IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
        IntVector nearest = bits.add(odd).add(0x7FFF);
        // Rounding could carry a NaN over to infinity or zero: those stay, made quiet.
        VectorMask<Integer> nan = bits.and(0x7FFFFFFF).compare(VectorOperators.GT, 0x7F800000);
        return nearest.blend(bits.or(0x00400000), nan);
    }

    private static IntVector lowHalves(ShortVector bf16) {
        return (IntVector) bf16.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    }

    static IntVector pairs(IntVector earlier, IntVector later) {
        return earlier.lanewise(VectorOperators.LSHR, 16).or(later.and(UPPER));
    }

    private static void joinFloats(long source, int k, long target) {
        int whole = k / BLOCK;
        for (int block = 0; block < whole; block++) {
            long s = source + block * (BLOCK * 4L);
            long t = target + (long) block * BLOCK_BYTES;
            for (int i = 0; i < ROW_BYTES; i += BYTES) {
                IntVector earlier = IntVector.fromMemorySegment(INTS, Memory.ALL, s + i, ORDER);
                IntVector later = IntVector.fromMemorySegment(INTS, Memory.ALL, s + ROW_BYTES + i, ORDER);
                pairs(rounded(earlier), rounded(later)).intoMemorySegment(Memory.ALL, t + i, ORDER);
            }
        }
        if (whole * BLOCK < k || k == 0) {
            long s = source + whole * (BLOCK * 4L);
            long t = target + (long) whole * BLOCK_BYTES;
            int left = k - whole * BLOCK;
            for (int i = 0; i < PANEL; i += LANES) {
                IntVector earlier = someInts(s + i * 4L, left - i);
                IntVector later = someInts(s + (PANEL + i) * 4L, left - PANEL - i);
                pairs(rounded(earlier), rounded(later)).intoMemorySegment(Memory.ALL, t + i * 4L, ORDER);
            }
        }
    }

    private static void joinHalves(long source, int k, long target) {
        int whole = k / BLOCK;
        for (int block = 0; block < whole; block++) {
            long s = source + block * (BLOCK * 2L);
            long t = target + (long) block * BLOCK_BYTES;
            for (int i = 0; i < PANEL; i += LANES) {
                ShortVector earlier = ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + i * 2L, ORDER);
                ShortVector later = ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + (PANEL + i) * 2L, ORDER);
                lowHalves(earlier).or(Species.widen(later)).intoMemorySegment(Memory.ALL, t + i * 4L, ORDER);
            }
        }
        if (whole * BLOCK < k || k == 0) {
            long s = source + whole * (BLOCK * 2L);
            long t = target + (long) whole * BLOCK_BYTES;
            int left = k - whole * BLOCK;
            for (int i = 0; i < PANEL; i += LANES) {
                ShortVector earlier = someHalves(s + i * 2L, left - i);
                ShortVector later = someHalves(s + (PANEL + i) * 2L, left - PANEL - i);
                lowHalves(earlier).or(Species.widen(later)).intoMemorySegment(Memory.ALL, t + i * 4L, ORDER);
            }
        }
    }

    private static void zipFloats(long source, long stride, int count, long squares) {
        for (int pair = 0; pair < PANEL; pair++) {
            long s = source + pair * stride;
            long t = squares + (long) pair * ROW_BYTES;
            for (int i = 0; i < count; i += PANEL) {
                for (int j = 0; j < ROW_BYTES; j += BYTES) {
                    IntVector earlier = IntVector.fromMemorySegment(INTS, Memory.ALL, s + j, ORDER);
                    IntVector later = IntVector.fromMemorySegment(INTS, Memory.ALL, s + PANEL * stride + j, ORDER);
                    pairs(rounded(earlier), rounded(later)).intoMemorySegment(Memory.ALL, t + j, ORDER);
                }
                s += ROW_BYTES;
                t += SQUARE_BYTES;
            }
        }
    }

    private static void zipSomeFloats(long source, long stride, int from, int to, int k, long squares) {
        VectorMask<Integer> none = INTS.maskAll(false);
        for (int pair = 0; pair < PANEL; pair++) {
            long s = source + pair * stride;
            long t = squares + (long) pair * ROW_BYTES;
            for (int i = from; i < to; i += LANES) {
                VectorMask<Integer> live = INTS.indexInRange(i, to);
                long at = s + i * 4L;
                IntVector earlier = IntVector.fromMemorySegment(INTS, Memory.ALL, at, ORDER, pair < k ? live : none);
                IntVector later =
                        IntVector.fromMemorySegment(
                                INTS, Memory.ALL, at + PANEL * stride, ORDER, pair + PANEL < k ? live : none);
                pairs(rounded(earlier), rounded(later)).intoMemorySegment(Memory.ALL, t + inSquares(i), ORDER);
            }
        }
    }

    private static void zipHalves(long source, long stride, int count, long squares) {
        for (int pair = 0; pair < PANEL; pair++) {
            long s = source + pair * stride;
            long t = squares + (long) pair * ROW_BYTES;
            for (int i = 0; i < count; i += PANEL) {
                for (int j = 0; j < ROW_BYTES; j += BYTES) {
                    ShortVector earlier = ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + j / 2, ORDER);
                    ShortVector later =
                            ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + PANEL * stride + j / 2, ORDER);
                    lowHalves(earlier).or(Species.widen(later)).intoMemorySegment(Memory.ALL, t + j, ORDER);
                }
                s += ROW_BYTES / 2;
                t += SQUARE_BYTES;
            }
        }
    }

    private static void zipSomeHalves(long source, long stride, int from, int to, int k, long squares) {
        VectorMask<Short> none = HALVES.maskAll(false);
        for (int pair = 0; pair < PANEL; pair++) {
            long s = source + pair * stride;
            long t = squares + (long) pair * ROW_BYTES;
            for (int i = from; i < to; i += LANES) {
                VectorMask<Short> live = HALVES.indexInRange(i, to);
                long at = s + i * 2L;
                ShortVector earlier =
                        ShortVector.fromMemorySegment(HALVES, Memory.ALL, at, ORDER, pair < k ? live : none);
                ShortVector later =
                        ShortVector.fromMemorySegment(
                                HALVES, Memory.ALL, at + PANEL * stride, ORDER, pair + PANEL < k ? live : none);
                lowHalves(earlier).or(Species.widen(later)).intoMemorySegment(Memory.ALL, t + inSquares(i), ORDER);
            }
        }
    }

    /** Where the word of an item lies in a row that goes through squares. */
    private static long inSquares(int item) {
        return (long) item / PANEL * SQUARE_BYTES + item % PANEL * 4L;
    }

    private static IntVector someInts(long source, int count) {
        return FloatVector.fromMemorySegment(
                        FLOATS, Memory.ALL, source, ORDER, FLOATS.indexInRange(0, Math.max(count, 0)))
                .reinterpretAsInts();
    }

    private static ShortVector someHalves(long source, int count) {
        return ShortVector.fromMemorySegment(
                HALVES, Memory.ALL, source, ORDER, HALVES.indexInRange(0, Math.max(count, 0)));
    }
}
