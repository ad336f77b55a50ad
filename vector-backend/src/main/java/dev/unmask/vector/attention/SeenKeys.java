package dev.unmask.vector.attention;

import static dev.unmask.vector.attention.Tiles.ROW;
import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.INTS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.Attention;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Which keys the queries of each tile see, read once a run: of each query both ranges, and of each tile what at least
 * one of its queries sees of a range and what all of them do. So tiles of keys that nobody sees are passed over, those
 * that everybody sees are not looked at key by key, and the rest are hidden from whom they concern.
 *
 * <p>A tile of queries is known by the address of its entry: first and end of both ranges, each for {@link
 * Tiles#QUERIES} queries, then for both ranges four numbers of the tile as a whole.
 */
final class SeenKeys {
    /** Bytes of an entry. */
    private static final long ENTRY = 5 * ROW;

    /** Where the numbers of a range begin, those of the tile as a whole behind {@link #WHOLE}. */
    private static final long RANGE = 2 * ROW;

    private static final long WHOLE = 4 * ROW;
    private static final long WHOLE_RANGE = 4 * Integer.BYTES;

    /** Tiles that a worker reads at a time. */
    private static final int TASK_TILES = 16;

    private static final int HIDDEN = Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);

    private final int batch;
    private final int queries;
    private final int keys;
    private final int tiles;
    private final long ranges;
    private final Workspace workspace;
    private final Workers.Task reading = (task, _) -> readTiles(task);

    /**
     * Seen keys.
     *
     * @param batch sequences
     * @param queries of each
     * @param keys of each
     * @param ranges address of I32 {@code [batch·queries, 4]}, or 0: all keys are seen
     * @param workspace takes the entries
     */
    SeenKeys(int batch, int queries, int keys, long ranges, Workspace workspace) {
        this.batch = batch;
        this.queries = queries;
        this.keys = keys;
        this.tiles = Math.ceilDiv(queries, Tiles.QUERIES);
        this.ranges = ranges;
        this.workspace = workspace;
        workspace.reserveShared(ranges == 0 ? ENTRY : batch * tiles * ENTRY);
    }

    /** Reads the ranges; first in each run. */
    void read(Workers workers) {
        if (ranges == 0) {
            putWhole(workspace.shared(), 0, 0, keys, 0, keys);
            putWhole(workspace.shared(), 1, keys, 0, keys, 0);
        } else {
            workers.forEach(Math.ceilDiv(batch * tiles, TASK_TILES), reading);
        }
    }

    private void readTiles(int task) {
        int end = Math.min((task + 1) * TASK_TILES, batch * tiles);
        for (int number = task * TASK_TILES; number < end; number++) {
            int query = number % tiles * Tiles.QUERIES;
            long row = (long) (number / tiles) * queries + query;
            long entry = workspace.shared() + number * ENTRY;
            for (int range = 0; range < 2; range++) {
                read(row, Math.min(Tiles.QUERIES, queries - query), range, entry);
            }
        }
    }

    private void read(long row, int there, int range, long entry) {
        int low = keys;
        int high = 0;
        int sharedLow = 0;
        int sharedHigh = keys;
        long firsts = entry + range * RANGE;
        for (int q = 0; q < Tiles.QUERIES; q++) {
            // Columns behind the last query see what it sees.
            long at = ranges + ((row + Math.min(q, there - 1)) * Attention.RANGES + 2 * range) * Integer.BYTES;
            int start = Memory.i32(at);
            int first = Math.clamp(start, 0, keys);
            int end = Math.clamp((long) start + Memory.i32(at + Integer.BYTES), first, keys);
            Memory.i32(firsts + q * 4L, first);
            Memory.i32(firsts + ROW + q * 4L, end);
            if (end > first) {
                low = Math.min(low, first);
                high = Math.max(high, end);
            }
            sharedLow = Math.max(sharedLow, first);
            sharedHigh = Math.min(sharedHigh, end);
        }
        putWhole(entry, range, low, high, sharedLow, sharedHigh);
    }

    private static void putWhole(long entry, int range, int low, int high, int sharedLow, int sharedHigh) {
        long at = entry + WHOLE + range * WHOLE_RANGE;
        Memory.i32(at, low);
        Memory.i32(at + 4, high);
        Memory.i32(at + 8, sharedLow);
        Memory.i32(at + 12, sharedHigh);
    }

    /** The entry of the tile that begins with a query. */
    long tile(int sequence, int query) {
        long number = ranges == 0 ? 0 : (long) sequence * tiles + query / Tiles.QUERIES;
        return workspace.shared() + number * ENTRY;
    }

    /** The first key that a query of some tiles sees; at or after {@link #end} if there is none. */
    int first(int sequence, int query, int count) {
        int first = keys;
        for (int i = 0; i < count; i += Tiles.QUERIES) {
            first = Math.min(first, first(tile(sequence, query + i)));
        }
        return first;
    }

    /** After the last key that a query of some tiles sees. */
    int end(int sequence, int query, int count) {
        int end = 0;
        for (int i = 0; i < count; i += Tiles.QUERIES) {
            end = Math.max(end, end(tile(sequence, query + i)));
        }
        return end;
    }

    /** The first key that a query of a tile sees. */
    static int first(long tile) {
        return Math.min(low(tile, 0), low(tile, 1));
    }

    /** After the last key that a query of a tile sees; 0 if none sees any. */
    static int end(long tile) {
        return Math.max(high(tile, 0), high(tile, 1));
    }

    /** The first key of the first tile of keys that a query of a tile sees. */
    static int firstTile(long tile) {
        return first(tile) / Tiles.KEYS * Tiles.KEYS;
    }

    /** Whether a query of a tile sees one of some keys. */
    static boolean any(long tile, int key, int there) {
        return any(tile, 0, key, there) || any(tile, 1, key, there);
    }

    private static boolean any(long tile, int range, int key, int there) {
        return low(tile, range) < key + there && key < high(tile, range);
    }

    /** Whether every query of a tile sees all of some keys, in one range. */
    private static boolean all(long tile, int range, int key, int there) {
        return sharedLow(tile, range) <= key && key + there <= sharedHigh(tile, range);
    }

    /**
     * Hides keys, by a score of negative infinity, from the queries of a tile that do not see them.
     *
     * @param scores {@code [keys, columns]}; a row is {@link Tiles#ROW} bytes long
     * @param key the first of the keys
     * @param there how many keys
     * @param columns a multiple of the lanes of a vector
     */
    static void hide(long tile, long scores, int key, int there, int columns) {
        if (all(tile, 0, key, there) || all(tile, 1, key, there)) {
            return;
        }
        if (any(tile, 0, key, there) && any(tile, 1, key, there)) {
            hideOutsideBoth(tile, scores, key, there, columns);
        } else {
            int range = any(tile, 0, key, there) ? 0 : 1;
            // Of causal attention's keys everybody sees the first ones.
            int from = sharedLow(tile, range) <= key ? Math.max(key, sharedHigh(tile, range)) - key : 0;
            hideOutside(tile + range * RANGE, scores, key, from, there, columns);
        }
    }

    private static void hideOutside(long firsts, long scores, int key, int from, int there, int columns) {
        for (int q = 0; q < columns; q += LANES) {
            long at = q * 4L;
            IntVector first = IntVector.fromMemorySegment(INTS, ALL, firsts + at, ORDER);
            IntVector end = IntVector.fromMemorySegment(INTS, ALL, firsts + ROW + at, ORDER);
            for (int k = from; k < there; k++) {
                IntVector position = IntVector.broadcast(INTS, key + k);
                VectorMask<Integer> hidden =
                        position.compare(VectorOperators.LT, first).or(position.compare(VectorOperators.GE, end));
                hide(scores + k * ROW + at, hidden);
            }
        }
    }

    private static void hideOutsideBoth(long tile, long scores, int key, int there, int columns) {
        for (int q = 0; q < columns; q += LANES) {
            long at = tile + q * 4L;
            IntVector first = IntVector.fromMemorySegment(INTS, ALL, at, ORDER);
            IntVector end = IntVector.fromMemorySegment(INTS, ALL, at + ROW, ORDER);
            IntVector second = IntVector.fromMemorySegment(INTS, ALL, at + RANGE, ORDER);
            IntVector secondEnd = IntVector.fromMemorySegment(INTS, ALL, at + RANGE + ROW, ORDER);
            for (int k = 0; k < there; k++) {
                IntVector position = IntVector.broadcast(INTS, key + k);
                VectorMask<Integer> outside =
                        position.compare(VectorOperators.LT, first).or(position.compare(VectorOperators.GE, end));
                VectorMask<Integer> outsideSecond =
                        position.compare(VectorOperators.LT, second)
                                .or(position.compare(VectorOperators.GE, secondEnd));
                hide(scores + k * ROW + q * 4L, outside.and(outsideSecond));
            }
        }
    }

    private static void hide(long scores, VectorMask<Integer> hidden) {
        IntVector.fromMemorySegment(INTS, ALL, scores, ORDER)
                .blend(HIDDEN, hidden)
                .intoMemorySegment(ALL, scores, ORDER);
    }

    private static int low(long tile, int range) {
        return Memory.i32(tile + WHOLE + range * WHOLE_RANGE);
    }

    private static int high(long tile, int range) {
        return Memory.i32(tile + WHOLE + range * WHOLE_RANGE + 4);
    }

    private static int sharedLow(long tile, int range) {
        return Memory.i32(tile + WHOLE + range * WHOLE_RANGE + 8);
    }

    private static int sharedHigh(long tile, int range) {
        return Memory.i32(tile + WHOLE + range * WHOLE_RANGE + 12);
    }
}
