package dev.unmask.vector.lanes;

import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.HALVES;
import static dev.unmask.vector.lanes.Species.INTS;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.machine.BFloat16Product;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Words of two bfloat16, an earlier one below and a later one above; F32 is rounded to nearest, ties to even.
 *
 * <p>It does whole blocks alone and has one loop for each kind of element. C2 gives up inlining where a method and all
 * that it calls make more than 18,000 nodes, and what it then calls gets and gives vectors as objects: variants for
 * edges, with masks, made it happen in some processes and not in others.
 */
public final class BFloat16Words {
    /** Bytes of a row of words of a block. */
    public static final int ROW_BYTES = 64;

    private static final int BLOCK = BFloat16Product.BLOCK;
    private static final int BLOCK_BYTES = BFloat16Product.BLOCK_BYTES;
    private static final int PANEL = BFloat16Product.PANEL;

    private BFloat16Words() {}

    private static IntVector pairs(ShortVector earlier, ShortVector later) {
        IntVector low = (IntVector) earlier.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
        return low.or(Species.widen(later));
    }

    /**
     * The first half of each block of an item joins its second.
     *
     * @param source float32 that follow each other
     * @param blocks how many blocks
     * @param target the row of the item in the first block
     */
    public static void joinFloats(long source, int blocks, long target) {
        for (int block = 0; block < blocks; block++) {
            long s = source + block * (BLOCK * 4L);
            long t = target + (long) block * BLOCK_BYTES;
            for (int i = 0; i < ROW_BYTES; i += BYTES) {
                FloatVector earlier = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, s + i, ORDER);
                FloatVector later = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, s + ROW_BYTES + i, ORDER);
                BFloat16Vectors.pairs(earlier, later).intoMemorySegment(Memory.ALL, t + i, ORDER);
            }
        }
    }

    /** As {@link #joinFloats}, of bfloat16. */
    public static void joinHalves(long source, int blocks, long target) {
        for (int block = 0; block < blocks; block++) {
            long s = source + block * (BLOCK * 2L);
            long t = target + (long) block * BLOCK_BYTES;
            for (int i = 0; i < ROW_BYTES; i += BYTES) {
                ShortVector earlier = ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + i / 2, ORDER);
                ShortVector later = ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + PANEL * 2L + i / 2, ORDER);
                pairs(earlier, later).intoMemorySegment(Memory.ALL, t + i, ORDER);
            }
        }
    }

    /**
     * The first 16 steps of a block are zipped with the second 16. Two steps are read at a time, as far as items go:
     * memory likes to be read in order.
     *
     * @param source the first step of the first item; items are float32 that follow each other
     * @param stride bytes from a step to the next
     * @param squares how many blocks, each of 16 items
     * @param target the first block
     * @param toNextSquare bytes from a block to the next
     */
    public static void zipFloats(long source, long stride, int squares, long target, long toNextSquare) {
        for (int pair = 0; pair < PANEL; pair++) {
            long s = source + pair * stride;
            long t = target + (long) pair * ROW_BYTES;
            for (int square = 0; square < squares; square++) {
                for (int j = 0; j < ROW_BYTES; j += BYTES) {
                    FloatVector earlier = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, s + j, ORDER);
                    FloatVector later =
                            FloatVector.fromMemorySegment(FLOATS, Memory.ALL, s + PANEL * stride + j, ORDER);
                    BFloat16Vectors.pairs(earlier, later).intoMemorySegment(Memory.ALL, t + j, ORDER);
                }
                s += ROW_BYTES;
                t += toNextSquare;
            }
        }
    }

    /** As {@link #zipFloats}, of bfloat16. */
    public static void zipHalves(long source, long stride, int squares, long target, long toNextSquare) {
        for (int pair = 0; pair < PANEL; pair++) {
            long s = source + pair * stride;
            long t = target + (long) pair * ROW_BYTES;
            for (int square = 0; square < squares; square++) {
                for (int j = 0; j < ROW_BYTES; j += BYTES) {
                    ShortVector earlier = ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + j / 2, ORDER);
                    ShortVector later =
                            ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + PANEL * stride + j / 2, ORDER);
                    pairs(earlier, later).intoMemorySegment(Memory.ALL, t + j, ORDER);
                }
                s += ROW_BYTES / 2;
                t += toNextSquare;
            }
        }
    }
}
