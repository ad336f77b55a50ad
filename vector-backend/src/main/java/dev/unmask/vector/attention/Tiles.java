package dev.unmask.vector.attention;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Transpose;

import jdk.incubator.vector.FloatVector;

/**
 * What attention copies: tiles of queries, keys and values next to each other, transposed where a product wants it so.
 * In the fused tensor rows are a power of two apart often enough to fall on the same few lines of the first-level
 * cache.
 */
final class Tiles {
    /** Keys of a tile, rows of a tile of scores. */
    static final int KEYS = 64;

    /** Queries of a tile, columns of a tile of scores. */
    static final int QUERIES = 64;

    /** Bytes of a row of scores: a key's, for all queries of the tile. */
    static final long ROW = (long) QUERIES * Float.BYTES;

    private Tiles() {}

    /**
     * Copies rows, {@code [rows, size]}, that lie apart to where they follow each other.
     *
     * @param stride bytes from a row of the source to the next
     */
    static void copy(long source, long stride, int rows, int size, long target) {
        long length = (long) size * Float.BYTES;
        for (int row = 0; row < rows; row++) {
            copy(source + row * stride, size, target + row * length);
        }
    }

    /**
     * Copies rows, {@code [rows, size]}, that follow each other to where they lie apart.
     *
     * @param stride bytes from a row of the target to the next
     */
    static void paste(long source, int rows, int size, long target, long stride) {
        long length = (long) size * Float.BYTES;
        for (int row = 0; row < rows; row++) {
            copy(source + row * length, size, target + row * stride);
        }
    }

    private static void copy(long source, int size, long target) {
        int whole = size / LANES * LANES;
        for (int d = 0; d < whole; d += LANES) {
            FloatVector.fromMemorySegment(FLOATS, ALL, source + d * 4L, ORDER)
                    .intoMemorySegment(ALL, target + d * 4L, ORDER);
        }
        for (int d = whole; d < size; d++) {
            Memory.f32(target + d * 4L, Memory.f32(source + d * 4L));
        }
    }

    /**
     * Copies the transpose of a tile of queries, {@code [queries, size]} to {@code [size, QUERIES]}. Columns up to the
     * next multiple of a vector's lanes hold the last query again, those beyond what they held before.
     *
     * @param stride bytes from a row of the source to the next
     * @param queries at least 1
     */
    static void transpose(long source, long stride, int queries, int size, long target) {
        int whole = size / LANES;
        for (int query = 0; query < queries; query += LANES) {
            long first = source + query * stride;
            int there = Math.min(LANES, queries - query);
            long column = target + (long) query * Float.BYTES;
            Transpose.rows(whole, first, stride, there, column, ROW);
            for (int d = whole * LANES; d < size; d++) {
                for (int i = 0; i < LANES; i++) {
                    float element = Memory.f32(first + Math.min(i, there - 1) * stride + (long) d * Float.BYTES);
                    Memory.f32(column + d * ROW + (long) i * Float.BYTES, element);
                }
            }
        }
    }

    /**
     * Copies the transpose of what {@link #transpose} makes, {@code [size, QUERIES]} to {@code [queries, size]}. Rows
     * up to the next multiple of a vector's lanes are written, and so are their elements up to that.
     *
     * @param queries at least 1
     * @param step bytes from a row of the target to the next
     */
    static void turnBack(long source, int queries, int size, long target, long step) {
        int blocks = Math.ceilDiv(queries, LANES);
        for (int d = 0; d < size; d += LANES) {
            Transpose.rows(blocks, source + d * ROW, ROW, Math.min(LANES, size - d), target + d * 4L, step);
        }
    }

    /** Columns that a tile of so many queries has: as many, rounded up to whole vectors. */
    static int columns(int queries) {
        return Math.ceilDiv(queries, LANES) * LANES;
    }

    /** The same, rounded up to pairs of vectors, which {@link TileProduct} multiplies several times faster than one. */
    static int pairs(int queries) {
        return Math.ceilDiv(queries, 2 * LANES) * 2 * LANES;
    }

    /** {@code target = source · factor}. */
    static void scale(long source, int n, float factor, long target) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector.fromMemorySegment(FLOATS, ALL, source + i * 4L, ORDER)
                    .mul(factor)
                    .intoMemorySegment(ALL, target + i * 4L, ORDER);
        }
        for (; i < n; i++) {
            Memory.f32(target + i * 4L, Memory.f32(source + i * 4L) * factor);
        }
    }
}
