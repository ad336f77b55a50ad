package dev.unmask.vector.lanes;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.LONGS;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link Philox}, as many numbers at a time as a vector has 64-bit lanes; a lane holds a 32-bit word.
 *
 * <p>The rounds stand in both methods. C2 does not keep a record of four vectors in registers: where a method gave one
 * back, 200 draws of 48 allocated 4.6 MB. One loop that stores what is asked for allocates nothing, but was 6 to 13 %
 * slower for gaps and 5 to 6 % for blocks (AVX-512, on a machine that did other work beside).
 */
public final class RandomBits {
    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final long WORD = 0xFFFFFFFFL;

    /**
     * The bits of 2^52, the number whose last bit counts 1: with a word in its low bits it is larger by that word. AVX2
     * has no instruction that makes 64-bit integers into float64, for which C2 would make objects.
     */
    private static final long TWO_TO_52 = 0x4330_0000_0000_0000L;

    private static final int PURPOSE_SHIFT = 24;

    private RandomBits() {}

    /**
     * How far {@code n} random numbers, of indices that follow each other, stay below 1: {@code 1 - (b + 1) / 2^32}
     * with {@code b} the unsigned {@link Philox#bits}. That is 0, or less than the number itself stays below 1 by up to
     * {@code 2^-32}.
     *
     * @param target F64 {@code [n]}, rounded up to whole vectors
     */
    public static void gaps(long seed, Purpose purpose, long step, long first, int n, long target) {
        for (int i = 0; i < n; i += LONGS.length()) {
            LongVector index = LongVector.broadcast(LONGS, first + i).addIndex(1);
            LongVector c0 = index.and(WORD);
            LongVector c1 = index.lanewise(VectorOperators.LSHR, 32).or((long) purpose.key() << PURPOSE_SHIFT);
            LongVector c2 = LongVector.broadcast(LONGS, step & WORD);
            LongVector c3 = LongVector.broadcast(LONGS, step >>> 32);
            int k0 = (int) seed;
            int k1 = (int) (seed >>> 32);
            for (int round = 0; round < ROUNDS; round++) {
                LongVector product0 = c0.mul(MULTIPLIER_0);
                LongVector product1 = c2.mul(MULTIPLIER_1);
                c0 =
                        product1.lanewise(VectorOperators.LSHR, 32)
                                .lanewise(VectorOperators.XOR, c1)
                                .lanewise(VectorOperators.XOR, k0 & WORD);
                c1 = product1.and(WORD);
                c2 =
                        product0.lanewise(VectorOperators.LSHR, 32)
                                .lanewise(VectorOperators.XOR, c3)
                                .lanewise(VectorOperators.XOR, k1 & WORD);
                c3 = product0.and(WORD);
                k0 += WEYL_0;
                k1 += WEYL_1;
            }
            c0.lanewise(VectorOperators.XOR, WORD | TWO_TO_52)
                    .reinterpretAsDoubles()
                    .sub(0x1p52)
                    .mul(0x1p-32)
                    .intoMemorySegment(ALL, target + (long) i * Double.BYTES, ORDER);
        }
    }

    /**
     * The 128 bits of {@code n} {@link Philox#block blocks}, of indices that follow each other.
     *
     * @param first the first of the indices
     * @param lower receives {@code x1·2^32 + x0} of each; at least {@code n} long, rounded up to whole vectors
     * @param upper as long; receives {@code x3·2^32 + x2}
     */
    public static void blocks(long seed, Purpose purpose, long step, long first, int n, long[] lower, long[] upper) {
        for (int i = 0; i < n; i += LONGS.length()) {
            LongVector index = LongVector.broadcast(LONGS, first + i).addIndex(1);
            LongVector c0 = index.and(WORD);
            LongVector c1 = index.lanewise(VectorOperators.LSHR, 32).or((long) purpose.key() << PURPOSE_SHIFT);
            LongVector c2 = LongVector.broadcast(LONGS, step & WORD);
            LongVector c3 = LongVector.broadcast(LONGS, step >>> 32);
            int k0 = (int) seed;
            int k1 = (int) (seed >>> 32);
            for (int round = 0; round < ROUNDS; round++) {
                LongVector product0 = c0.mul(MULTIPLIER_0);
                LongVector product1 = c2.mul(MULTIPLIER_1);
                c0 =
                        product1.lanewise(VectorOperators.LSHR, 32)
                                .lanewise(VectorOperators.XOR, c1)
                                .lanewise(VectorOperators.XOR, k0 & WORD);
                c1 = product1.and(WORD);
                c2 =
                        product0.lanewise(VectorOperators.LSHR, 32)
                                .lanewise(VectorOperators.XOR, c3)
                                .lanewise(VectorOperators.XOR, k1 & WORD);
                c3 = product0.and(WORD);
                k0 += WEYL_0;
                k1 += WEYL_1;
            }
            c1.lanewise(VectorOperators.LSHL, 32).or(c0).intoArray(lower, i);
            c3.lanewise(VectorOperators.LSHL, 32).or(c2).intoArray(upper, i);
        }
    }

    /**
     * How long an array must be that {@link #blocks} fills.
     *
     * @param n blocks
     * @return as many, rounded up to whole vectors
     */
    public static int room(int n) {
        return (n + LONGS.length() - 1) / LONGS.length() * LONGS.length();
    }
}
