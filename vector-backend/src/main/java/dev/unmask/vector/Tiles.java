package dev.unmask.vector;

import static dev.unmask.vector.Memory.ALL;
import static dev.unmask.vector.Species.FLOATS;
import static dev.unmask.vector.Species.LANES;
import static dev.unmask.vector.Species.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** What attention does to tiles of scores between the products. */
final class Tiles {
    /** Keys of a tile, and bytes of a row of scores. */
    static final int KEYS = 64;

    static final long ROW = (long) KEYS * Float.BYTES;

    /** Queries of a tile. */
    static final int QUERIES = 64;

    private Tiles() {}

    /**
     * Copies the transpose of a tile, {@code [keys, size]} to {@code [size, KEYS]}. Columns of keys that are not there
     * hold finite numbers, of which no use is made.
     *
     * @param stride bytes from a row of the source to the next
     * @param keys at least 1
     */
    static void transpose(long source, long stride, int keys, int size, long target) {
        int whole = size / LANES;
        for (int key = 0; key < KEYS; key += LANES) {
            int first = Math.min(key, keys - 1);
            Transpose.rows(
                    whole,
                    source + first * stride,
                    stride,
                    Math.clamp((long) keys - first, 1, LANES),
                    target + (long) key * Float.BYTES,
                    ROW);
        }
        for (int d = whole * LANES; d < size; d++) {
            for (int key = 0; key < KEYS; key++) {
                float element = Memory.f32(source + Math.min(key, keys - 1) * stride + (long) d * Float.BYTES);
                Memory.f32(target + d * ROW + (long) key * Float.BYTES, element);
            }
        }
    }

    /**
     * How many keys of a tile a query sees.
     *
     * @param keys keys of the sequence
     * @param last the position of the query if attention is causal, or a number from {@code keys} on
     * @param firstKey the first key of the tile
     */
    static int visible(int keys, int last, int firstKey) {
        return Math.clamp(Math.min(keys, (long) last + 1) - firstKey, 0, KEYS);
    }

    /** The largest of the first elements of a row of scores. */
    static float max(long row, int n) {
        FloatVector top = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int j = 0; j < n; j += LANES) {
            VectorMask<Float> live = FLOATS.indexInRange(j, n);
            top =
                    top.lanewise(
                            VectorOperators.MAX,
                            FloatVector.fromMemorySegment(FLOATS, ALL, row + (long) j * Float.BYTES, ORDER, live),
                            live);
        }
        return top.reduceLanes(VectorOperators.MAX);
    }

    /**
     * Turns the first {@code n} scores of a row into weights, {@code e^(score·scale - top)}, and the others into zeros.
     *
     * @return the sum of the weights
     */
    static float weights(long row, int n, float scale, float top, long room) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int j = 0; j < KEYS; j += LANES) {
            long at = row + (long) j * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(j, n);
            FloatVector s = FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER);
            FloatVector p = Exp.of(s.mul(scale).sub(top));
            p = FloatVector.zero(FLOATS).blend(p, live);
            sum = sum.add(p);
            p.intoMemorySegment(ALL, at, ORDER);
        }
        return Lanes.sum(sum, room);
    }

    /** Turns scores into weights by their log-sum-exp; those that are not visible become zero. */
    static void weights(long row, int n, float scale, float logSumExp) {
        for (int j = 0; j < KEYS; j += LANES) {
            long at = row + (long) j * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(j, n);
            FloatVector s = FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER);
            FloatVector p = Exp.of(s.mul(scale).sub(logSumExp));
            FloatVector.zero(FLOATS).blend(p, live).intoMemorySegment(ALL, at, ORDER);
        }
    }

    /** {@code row = weight ∘ (row - delta) · scale}. */
    static void scoreGradient(long row, long weights, float delta, float scale) {
        for (int j = 0; j < KEYS; j += LANES) {
            long at = (long) j * Float.BYTES;
            FloatVector d = FloatVector.fromMemorySegment(FLOATS, ALL, row + at, ORDER);
            FloatVector p = FloatVector.fromMemorySegment(FLOATS, ALL, weights + at, ORDER);
            d.sub(delta).mul(p).mul(scale).intoMemorySegment(ALL, row + at, ORDER);
        }
    }

    /** {@code row *= factor}. */
    static void scale(long row, int n, float factor) {
        for (int i = 0; i < n; i += LANES) {
            long at = row + (long) i * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(i, n);
            FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER, live)
                    .mul(factor)
                    .intoMemorySegment(ALL, at, ORDER, live);
        }
    }
}
