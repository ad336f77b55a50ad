package dev.unmask.vector.attention;

import static dev.unmask.vector.attention.Tiles.ROW;
import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.lanes.Exp;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What {@link ScoreTile} does, for products of bfloat16 by machine code: the tiles that it leaves are padded with zeros
 * up to the next multiple of 32 keys, as {@link BFloat16Tile} wants them, and a weight below the normal numbers, which
 * such products take for zero, is zero.
 */
public final class PanelScores {
    private PanelScores() {}

    /**
     * Turns scores into weights as {@link ScoreTile#weigh} does.
     *
     * @param scores {@code [keys, columns]}
     * @param keys at least 1
     * @param columns a multiple of 32
     * @param tops F32 {@code [columns]}, before the first tile negative infinity
     * @param sums F32 {@code [columns]}, before the first tile 0
     * @param fades F32 {@code [columns]}, set to what earlier weights of the query must be multiplied by
     */
    static void weigh(long scores, int keys, int columns, float scale, long tops, long sums, long fades) {
        for (int q = 0; q < columns; q += 2 * LANES) {
            largest(scores + q * 4L, keys, fades + q * 4L);
        }
        raise(columns, scale, tops, fades);
        sum(scores, keys, columns, scale, tops, sums, fades);
        pad(scores, keys);
    }

    /** The largest of each column of two vectors of queries, whose comparisons need not wait for each other. */
    private static void largest(long scores, int keys, long target) {
        FloatVector largest0 = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        FloatVector largest1 = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int key = 0; key < keys; key++) {
            FloatVector s0 = FloatVector.fromMemorySegment(FLOATS, ALL, scores + key * ROW, ORDER);
            FloatVector s1 = FloatVector.fromMemorySegment(FLOATS, ALL, scores + key * ROW + BYTES, ORDER);
            largest0 = largest0.blend(s0, s0.compare(VectorOperators.GT, largest0));
            largest1 = largest1.blend(s1, s1.compare(VectorOperators.GT, largest1));
        }
        largest0.intoMemorySegment(ALL, target, ORDER);
        largest1.intoMemorySegment(ALL, target + BYTES, ORDER);
    }

    /**
     * Brings tops up to date with the largest scores.
     *
     * @param fades the largest scores; becomes what earlier weights must be multiplied by
     */
    private static void raise(int columns, float scale, long tops, long fades) {
        for (int q = 0; q < columns; q += LANES) {
            long at = q * 4L;
            FloatVector before = FloatVector.fromMemorySegment(FLOATS, ALL, tops + at, ORDER);
            FloatVector top = before.max(FloatVector.fromMemorySegment(FLOATS, ALL, fades + at, ORDER));
            top.intoMemorySegment(ALL, tops + at, ORDER);
            Exp.ofNormal(before.sub(ScoreTile.finite(top)).mul(scale)).intoMemorySegment(ALL, fades + at, ORDER);
        }
    }

    private static void sum(long scores, int keys, int columns, float scale, long tops, long sums, long fades) {
        FloatVector factor = FloatVector.broadcast(FLOATS, scale);
        for (int q = 0; q < columns; q += LANES) {
            long at = q * 4L;
            FloatVector top = ScoreTile.finite(FloatVector.fromMemorySegment(FLOATS, ALL, tops + at, ORDER));
            FloatVector fade = FloatVector.fromMemorySegment(FLOATS, ALL, fades + at, ORDER);
            FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, sums + at, ORDER).mul(fade);
            for (int key = 0; key < keys; key++) {
                long row = scores + at + key * ROW;
                FloatVector s = FloatVector.fromMemorySegment(FLOATS, ALL, row, ORDER);
                FloatVector weight = Exp.ofNormal(s.sub(top).mul(factor));
                weight.intoMemorySegment(ALL, row, ORDER);
                sum = sum.add(weight);
            }
            sum.intoMemorySegment(ALL, sums + at, ORDER);
        }
    }

    /**
     * What {@link #differentiate} takes of a query, for all columns of a tile: of those that are no query, what makes
     * their weights 0.
     *
     * @param logSumExps F32 {@code [queries]}
     * @param offsets F32 {@code [QUERIES]}, set to what is added to a scaled score to make it the exponent of a weight
     */
    static void offsets(int queries, long logSumExps, long offsets) {
        for (int q = 0; q < Tiles.QUERIES; q++) {
            long at = q * 4L;
            float logSumExp = q < queries ? Memory.f32(logSumExps + at) : Float.POSITIVE_INFINITY;
            // Where a query sees no key at all its scores are hidden, and any finite number will do.
            Memory.f32(offsets + at, logSumExp == Float.NEGATIVE_INFINITY ? 0 : -logSumExp);
        }
    }

    /**
     * Turns scores into weights and gradients of weights into gradients of scores, as {@link ScoreTile#differentiate}
     * does.
     *
     * @param scores {@code [keys, columns]}
     * @param gradients as the scores
     * @param columns a multiple of 32
     * @param offsets F32 {@code [columns]}, see {@link #offsets}
     * @param deltas F32 {@code [columns]}
     */
    public static void differentiate(
            long scores, long gradients, int keys, int columns, float scale, long offsets, long deltas) {
        FloatVector factor = FloatVector.broadcast(FLOATS, scale);
        for (int q = 0; q < columns; q += LANES) {
            long at = q * 4L;
            FloatVector offset = FloatVector.fromMemorySegment(FLOATS, ALL, offsets + at, ORDER);
            FloatVector delta = FloatVector.fromMemorySegment(FLOATS, ALL, deltas + at, ORDER);
            for (int key = 0; key < keys; key++) {
                long row = at + key * ROW;
                FloatVector s = FloatVector.fromMemorySegment(FLOATS, ALL, scores + row, ORDER);
                FloatVector weight = Exp.ofNormal(s.mul(factor).add(offset));
                FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gradients + row, ORDER);
                FloatVector gradient = g.sub(delta).mul(weight).mul(factor);
                weight.intoMemorySegment(ALL, scores + row, ORDER);
                gradient.intoMemorySegment(ALL, gradients + row, ORDER);
            }
        }
        pad(scores, keys);
        pad(gradients, keys);
    }

    private static void pad(long tile, int keys) {
        Floats.fill(tile + keys * ROW, (BFloat16Tile.padded(keys) - keys) * Tiles.QUERIES, 0);
    }
}
