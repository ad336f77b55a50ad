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
    private static final int ROW_BYTES = 64;

    private BFloat16Packing() {}

    /** Blocks that so many steps of k fill. */
    static int blocks(int k) {
        return Math.max(1, Math.ceilDiv(k, BLOCK));
    }

    /** Bytes of a panel, and of the scratch that packing it needs. */
    static long panelBytes(int k) {
        return (long) blocks(k) * BLOCK_BYTES;
    }

    /**
     * Packs one panel.
     *
     * @param items the operand
     * @param first the first item of the panel
     * @param count how many items exist, in {@code [1, 16]}
     * @param from the first step of k
     * @param k how many steps of k
     * @param rowsAreItems whether a block has a row for each item, as those of A have, or for each pair, as those of B
     * @param panel where to, of {@link #panelBytes}
     * @param scratch of {@link #panelBytes}
     */
    static void pack(
            GemmPacking.Items items,
            int first,
            int count,
            int from,
            int k,
            boolean rowsAreItems,
            long panel,
            long scratch) {
        long source = items.address(first, from);
        boolean turned = items.alongK() != rowsAreItems;
        long target = turned ? scratch : panel;
        if (items.alongK()) {
            for (int i = 0; i < count; i++) {
                long item = source + i * items.stride();
                if (items.bf16()) {
                    joinHalves(item, k, target + (long) i * ROW_BYTES);
                } else {
                    joinFloats(item, k, target + (long) i * ROW_BYTES);
                }
            }
        } else if (items.bf16()) {
            zipHalves(source, items.stride(), count, k, target);
        } else {
            zipFloats(source, items.stride(), count, k, target);
        }
        if (turned) {
            for (int block = 0; block < blocks(k); block++) {
                turn(scratch + (long) block * BLOCK_BYTES, panel + (long) block * BLOCK_BYTES);
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
    private static IntVector rounded(IntVector bits) {
        IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
        IntVector nearest = bits.add(odd).add(0x7FFF);
        // Rounding could carry a NaN over to infinity or zero: those stay, made quiet.
        VectorMask<Integer> nan = bits.and(0x7FFFFFFF).compare(VectorOperators.GT, 0x7F800000);
        return nearest.blend(bits.or(0x00400000), nan);
    }

    private static IntVector pairs(IntVector earlier, IntVector later) {
        return earlier.lanewise(VectorOperators.LSHR, 16).or(later.and(0xFFFF0000));
    }

    /** One item whose steps follow each other: each block's first half joins its second. */
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
                pairs(Species.widen(earlier), Species.widen(later)).intoMemorySegment(Memory.ALL, t + i * 4L, ORDER);
            }
        }
        if (whole * BLOCK < k || k == 0) {
            long s = source + whole * (BLOCK * 2L);
            long t = target + (long) whole * BLOCK_BYTES;
            int left = k - whole * BLOCK;
            for (int i = 0; i < PANEL; i += LANES) {
                IntVector earlier = Species.widen(someHalves(s + i * 2L, left - i));
                IntVector later = Species.widen(someHalves(s + (PANEL + i) * 2L, left - PANEL - i));
                pairs(earlier, later).intoMemorySegment(Memory.ALL, t + i * 4L, ORDER);
            }
        }
    }

    /** Steps whose items follow each other: each block's first 16 rows are zipped with its second 16. */
    private static void zipFloats(long source, long stride, int count, int k, long target) {
        int blocks = blocks(k);
        for (int i = 0; i < PANEL; i += LANES) {
            int items = count - i;
            VectorMask<Float> present = FLOATS.indexInRange(0, Math.max(items, 0));
            for (int block = 0; block < blocks; block++) {
                long s = source + i * 4L + block * BLOCK * stride;
                long t = target + i * 4L + (long) block * BLOCK_BYTES;
                if (items >= LANES && (block + 1) * BLOCK <= k) {
                    for (int pair = 0; pair < PANEL; pair++) {
                        long row = s + pair * stride;
                        IntVector earlier = IntVector.fromMemorySegment(INTS, Memory.ALL, row, ORDER);
                        IntVector later = IntVector.fromMemorySegment(INTS, Memory.ALL, row + PANEL * stride, ORDER);
                        pairs(rounded(earlier), rounded(later))
                                .intoMemorySegment(Memory.ALL, t + (long) pair * ROW_BYTES, ORDER);
                    }
                } else {
                    zipSomeFloats(s, stride, present, k - block * BLOCK, t);
                }
            }
        }
    }

    private static void zipSomeFloats(long source, long stride, VectorMask<Float> present, int k, long target) {
        VectorMask<Integer> ints = present.cast(INTS);
        VectorMask<Integer> none = INTS.maskAll(false);
        for (int pair = 0; pair < PANEL; pair++) {
            long row = source + pair * stride;
            IntVector earlier = IntVector.fromMemorySegment(INTS, Memory.ALL, row, ORDER, pair < k ? ints : none);
            IntVector later =
                    IntVector.fromMemorySegment(
                            INTS, Memory.ALL, row + PANEL * stride, ORDER, pair + PANEL < k ? ints : none);
            pairs(rounded(earlier), rounded(later))
                    .intoMemorySegment(Memory.ALL, target + (long) pair * ROW_BYTES, ORDER);
        }
    }

    private static void zipHalves(long source, long stride, int count, int k, long target) {
        int blocks = blocks(k);
        VectorMask<Short> none = HALVES.maskAll(false);
        for (int i = 0; i < PANEL; i += LANES) {
            VectorMask<Short> present = HALVES.indexInRange(0, Math.max(count - i, 0));
            for (int block = 0; block < blocks; block++) {
                long s = source + i * 2L + block * BLOCK * stride;
                long t = target + i * 4L + (long) block * BLOCK_BYTES;
                int left = k - block * BLOCK;
                for (int pair = 0; pair < PANEL; pair++) {
                    long row = s + pair * stride;
                    ShortVector earlier =
                            ShortVector.fromMemorySegment(HALVES, Memory.ALL, row, ORDER, pair < left ? present : none);
                    ShortVector later =
                            ShortVector.fromMemorySegment(
                                    HALVES,
                                    Memory.ALL,
                                    row + PANEL * stride,
                                    ORDER,
                                    pair + PANEL < left ? present : none);
                    pairs(Species.widen(earlier), Species.widen(later))
                            .intoMemorySegment(Memory.ALL, t + (long) pair * ROW_BYTES, ORDER);
                }
            }
        }
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
