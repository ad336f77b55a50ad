package dev.unmask.vector.lanes;

import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.INTS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.machine.Int8Product;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Words of four numbers of int8, of the steps {@code j}, {@code j + 16}, {@code j + 32} and {@code j + 48} of a block
 * of 64, the earliest one lowest.
 */
public final class Int8Words {
    private static final int MAGNITUDE = 0x7FFF_FFFF;

    /**
     * Added to a float of a size below 2^22, it rounds it to an integer, ties to even, in the lowest bits of the sum.
     */
    private static final float ROUNDING = 0x1.8p23f;

    private static final int ROUNDING_BITS = Float.floatToRawIntBits(ROUNDING);

    /** Steps from one number of a word to the next. */
    private static final int APART = Int8Product.PANEL;

    private static final long BLOCK_OF_FLOATS = Int8Product.BLOCK * 4L;

    private static final int LOWEST = 0xFF;

    /** 128 added to each byte of a word, or subtracted: modulo 256 that is the same, and no carry leaves the byte. */
    private static final int RAISED = 0x8080_8080;

    /** Of four quarters of a vector each: every element four times. */
    private static final IntVector QUARTER_0 = quarter(0);

    private static final IntVector QUARTER_1 = quarter(1);
    private static final IntVector QUARTER_2 = quarter(2);
    private static final IntVector QUARTER_3 = quarter(3);

    /** How far each of four bytes of an element is from the lowest. */
    private static final IntVector SHIFTS = shifts();

    private Int8Words() {}

    private static IntVector quarter(int number) {
        int[] indices = new int[LANES];
        for (int i = 0; i < LANES; i++) {
            indices[i] = number * LANES / 4 + i / 4;
        }
        return IntVector.fromArray(INTS, indices, 0);
    }

    private static IntVector shifts() {
        int[] shifts = new int[LANES];
        for (int i = 0; i < LANES; i++) {
            shifts[i] = i % 4 * Byte.SIZE;
        }
        return IntVector.fromArray(INTS, shifts, 0);
    }

    /**
     * The largest magnitude; not a number, or infinite, if there is such a number.
     *
     * @param source float32
     * @param blocks how many times 64
     */
    public static float largest(long source, int blocks) {
        IntVector largest0 = IntVector.zero(INTS);
        IntVector largest1 = IntVector.zero(INTS);
        for (long at = source; at < source + blocks * BLOCK_OF_FLOATS; at += 2 * BYTES) {
            largest0 = largest0.max(IntVector.fromMemorySegment(INTS, Memory.ALL, at, ORDER).and(MAGNITUDE));
            largest1 = largest1.max(IntVector.fromMemorySegment(INTS, Memory.ALL, at + BYTES, ORDER).and(MAGNITUDE));
        }
        // As integers, magnitudes are ordered as they are as numbers, infinity above those and what is no number on
        // top.
        return Float.intBitsToFloat(largest0.max(largest1).reduceLanes(VectorOperators.MAX));
    }

    /**
     * Rounds numbers to integers from -127 to 127, ties to even.
     *
     * @param source float32
     * @param blocks how many times 64
     * @param factor multiplies each of them first
     * @param target words of the first block; those of the next are {@link Int8Product#BLOCK_BYTES} behind
     * @return the sum of the integers
     */
    public static int round(long source, int blocks, float factor, long target) {
        IntVector sum = IntVector.zero(INTS);
        for (int block = 0; block < blocks; block++) {
            long s = source + block * BLOCK_OF_FLOATS;
            long t = target + (long) block * Int8Product.BLOCK_BYTES;
            for (int i = 0; i < Int8Product.BLOCK; i += BYTES) {
                IntVector first = rounded(s + i, factor);
                IntVector second = rounded(s + APART * 4L + i, factor);
                IntVector third = rounded(s + 2 * APART * 4L + i, factor);
                IntVector fourth = rounded(s + 3 * APART * 4L + i, factor);
                sum = sum.add(first.add(second)).add(third.add(fourth));
                first.and(LOWEST)
                        .or(second.and(LOWEST).lanewise(VectorOperators.LSHL, 8))
                        .or(third.and(LOWEST).lanewise(VectorOperators.LSHL, 16))
                        .or(fourth.lanewise(VectorOperators.LSHL, 24))
                        .intoMemorySegment(Memory.ALL, t + i, ORDER);
            }
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    private static IntVector rounded(long source, float factor) {
        return FloatVector.fromMemorySegment(FLOATS, Memory.ALL, source, ORDER)
                .mul(factor)
                .add(ROUNDING)
                .reinterpretAsInts()
                .sub(ROUNDING_BITS);
    }

    /**
     * Words of 64 numbers of int8 that follow each other, each raised by 128.
     *
     * @param source 64 bytes
     * @param target 16 words
     */
    public static void join(long source, long target) {
        for (int quarter = 0; quarter < Int8Product.PANEL / LANES; quarter++) {
            IntVector words = IntVector.zero(INTS);
            for (int part = 0; part < 4; part++) {
                // The 16 bytes of a part, of which these lanes take as many as they are.
                int element = part * 4 % LANES + quarter * LANES / 4;
                long at = source + part * 16L / BYTES * BYTES;
                IntVector four = IntVector.fromMemorySegment(INTS, Memory.ALL, at, ORDER);
                IntVector bytes =
                        spread(element / (LANES / 4), four).lanewise(VectorOperators.LSHR, SHIFTS).and(LOWEST);
                words = words.or(bytes.lanewise(VectorOperators.LSHL, part * Byte.SIZE));
            }
            words.lanewise(VectorOperators.XOR, RAISED)
                    .intoMemorySegment(Memory.ALL, target + (long) quarter * BYTES, ORDER);
        }
    }

    private static IntVector spread(int quarter, IntVector elements) {
        return switch (quarter) {
            case 0 -> QUARTER_0.selectFrom(elements);
            case 1 -> QUARTER_1.selectFrom(elements);
            case 2 -> QUARTER_2.selectFrom(elements);
            default -> QUARTER_3.selectFrom(elements);
        };
    }
}
