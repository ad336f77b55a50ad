package dev.unmask.vector.attention;

import static dev.unmask.vector.attention.Tiles.ROW;
import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.lanes.Exp;
import dev.unmask.vector.lanes.Memory;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * What attention does to a tile of scores between its products. A row belongs to a key, a column to a query: a vector
 * holds as many queries as it has lanes, and what is summed or compared over keys never crosses lanes.
 *
 * <p>The number of columns is always a multiple of the lanes of a vector.
 */
final class ScoreTile {
    private ScoreTile() {}

    /**
     * Turns scores into weights, {@code e^((score - top)·scale)}, where {@code top} is the largest score that the query
     * has met so far, and brings the query's top and sum of weights up to date. In this order no exponent is above
     * zero, however large the scores.
     *
     * @param scores {@code [keys, columns]}
     * @param tops F32 {@code [columns]}, before the first tile negative infinity
     * @param sums F32 {@code [columns]}, before the first tile 0
     * @param fades F32 {@code [columns]}, set to what earlier weights of the query must be multiplied by
     */
    static void weigh(long scores, int keys, int columns, float scale, long tops, long sums, long fades) {
        // C2 inlines a method of two exponentials only in part, which makes it six times slower. One that looks for the
        // tops and raises to a power as well is inlined but for the end, and each vector handed on costs an object.
        raise(scores, keys, columns, tops, fades);
        fade(columns, scale, tops, fades);
        sum(scores, keys, columns, scale, tops, sums, fades);
    }

    private static void raise(long scores, int keys, int columns, long tops, long fades) {
        for (int q = 0; q < columns; q += LANES) {
            long at = q * 4L;
            FloatVector largest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
            for (int key = 0; key < keys; key++) {
                FloatVector s = FloatVector.fromMemorySegment(FLOATS, ALL, scores + at + key * ROW, ORDER);
                largest = largest.blend(s, s.compare(VectorOperators.GT, largest));
            }
            FloatVector before = FloatVector.fromMemorySegment(FLOATS, ALL, tops + at, ORDER);
            before.intoMemorySegment(ALL, fades + at, ORDER);
            before.max(largest).intoMemorySegment(ALL, tops + at, ORDER);
        }
    }

    /** From the tops before, which it overwrites, to what the step to the new ones costs earlier weights. */
    private static void fade(int columns, float scale, long tops, long fades) {
        for (int q = 0; q < columns; q += LANES) {
            long at = q * 4L;
            FloatVector before = FloatVector.fromMemorySegment(FLOATS, ALL, fades + at, ORDER);
            FloatVector top = FloatVector.fromMemorySegment(FLOATS, ALL, tops + at, ORDER);
            Exp.of(before.sub(finite(top)).mul(scale)).intoMemorySegment(ALL, fades + at, ORDER);
        }
    }

    private static void sum(long scores, int keys, int columns, float scale, long tops, long sums, long fades) {
        FloatVector factor = FloatVector.broadcast(FLOATS, scale);
        for (int q = 0; q < columns; q += LANES) {
            long at = q * 4L;
            FloatVector top = finite(FloatVector.fromMemorySegment(FLOATS, ALL, tops + at, ORDER));
            FloatVector fade = FloatVector.fromMemorySegment(FLOATS, ALL, fades + at, ORDER);
            FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, sums + at, ORDER).mul(fade);
            for (int key = 0; key < keys; key++) {
                long row = scores + at + key * ROW;
                FloatVector s = FloatVector.fromMemorySegment(FLOATS, ALL, row, ORDER);
                FloatVector weight = Exp.of(s.sub(top).mul(factor));
                weight.intoMemorySegment(ALL, row, ORDER);
                sum = sum.add(weight);
            }
            sum.intoMemorySegment(ALL, sums + at, ORDER);
        }
    }

    /**
     * Ends a softmax: divides sums of weighted values by the sum of weights, and takes the log of that. A query that
     * saw no key gets zeros and negative infinity.
     *
     * @param scale what the tops are multiplied by
     * @param tops F32 {@code [queries]}
     * @param totals F32 {@code [queries]}
     * @param sums F32 {@code [queries, size]}
     * @param sumsRow bytes from a row of sums to the next
     * @param out F32 {@code [queries, size]}
     * @param outRow bytes from a row of the result to the next
     * @param logSumExps F32 {@code [queries]}
     */
    static void finish(
            int queries,
            int size,
            float scale,
            long tops,
            long totals,
            long sums,
            long sumsRow,
            long out,
            long outRow,
            long logSumExps) {
        for (int i = 0; i < queries; i++) {
            long at = (long) i * Float.BYTES;
            float total = Memory.f32(totals + at);
            boolean blind = total == 0;
            Memory.f32(
                    logSumExps + at,
                    blind
                            ? Float.NEGATIVE_INFINITY
                            : (float) ((double) Memory.f32(tops + at) * scale + StrictMath.log(total)));
            Tiles.scale(sums + i * sumsRow, size, blind ? 0 : 1 / total, out + i * outRow);
        }
    }

    /**
     * Multiplies each column by a number of its own.
     *
     * @param tile {@code [rows, columns]}; a row is {@link Tiles#ROW} bytes long
     * @param factors F32 {@code [columns]}
     */
    static void scaleColumns(long tile, int rows, int columns, long factors) {
        for (int q = 0; q < columns; q += LANES) {
            long at = q * 4L;
            FloatVector factor = FloatVector.fromMemorySegment(FLOATS, ALL, factors + at, ORDER);
            if (factor.compare(VectorOperators.NE, 1f).anyTrue()) {
                for (int row = 0; row < rows; row++) {
                    long address = tile + at + row * ROW;
                    FloatVector.fromMemorySegment(FLOATS, ALL, address, ORDER)
                            .mul(factor)
                            .intoMemorySegment(ALL, address, ORDER);
                }
            }
        }
    }

    /**
     * Multiplies tiles, {@code [size, queries]}, and sums over their rows.
     *
     * @param left a row is {@link Tiles#ROW} bytes long
     * @param right as the left
     * @param out F32 {@code [queries]}
     */
    static void dot(long left, long right, int size, int queries, long out) {
        for (int q = 0; q < queries; q += LANES) {
            long at = q * 4L;
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int d = 0; d < size; d++) {
                long row = at + d * ROW;
                FloatVector l = FloatVector.fromMemorySegment(FLOATS, ALL, left + row, ORDER);
                sum = l.fma(FloatVector.fromMemorySegment(FLOATS, ALL, right + row, ORDER), sum);
            }
            sum.intoMemorySegment(ALL, out + at, ORDER, FLOATS.indexInRange(q, queries));
        }
    }

    /**
     * Turns scores into weights by what is known of all of a query's scores, and gradients of weights into gradients of
     * scores, {@code weight ∘ (gradient - delta) · scale}.
     *
     * @param scores {@code [keys, queries]}, rounded up to whole vectors; becomes the weights
     * @param gradients as the scores
     * @param logSumExps F32 {@code [queries]}
     * @param deltas F32 {@code [queries]}, each query's sum of gradients times weights
     */
    static void differentiate(
            long scores, long gradients, int keys, int queries, float scale, long logSumExps, long deltas) {
        FloatVector factor = FloatVector.broadcast(FLOATS, scale);
        for (int q = 0; q < queries; q += LANES) {
            long at = q * 4L;
            VectorMask<Float> live = FLOATS.indexInRange(q, queries);
            FloatVector offset = finite(FloatVector.fromMemorySegment(FLOATS, ALL, logSumExps + at, ORDER, live)).neg();
            FloatVector delta = FloatVector.fromMemorySegment(FLOATS, ALL, deltas + at, ORDER, live);
            for (int key = 0; key < keys; key++) {
                long row = at + key * ROW;
                FloatVector s = FloatVector.fromMemorySegment(FLOATS, ALL, scores + row, ORDER);
                FloatVector weight = Exp.of(s.mul(factor).add(offset));
                weight.intoMemorySegment(ALL, scores + row, ORDER);
                FloatVector gradient = FloatVector.fromMemorySegment(FLOATS, ALL, gradients + row, ORDER);
                gradient.sub(delta).mul(weight).mul(factor).intoMemorySegment(ALL, gradients + row, ORDER);
            }
        }
    }

    /** The same, or 0 where a query sees no key at all: its scores are hidden, and any finite number will do. */
    static FloatVector finite(FloatVector top) {
        return top.blend(0, top.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
    }
}
