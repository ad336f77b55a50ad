package dev.unmask.vector.attention;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.lanes.BFloat16Vectors;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Transpose;
import dev.unmask.vector.machine.BFloat16Product;

import jdk.incubator.vector.FloatVector;

/**
 * Tiles of a product whose factors are bfloat16: float32 numbers, which are rounded where panels of {@link
 * BFloat16Product} are made of them, either of a tile's rows or of its columns. All of it stays in the first-level
 * cache.
 *
 * <p>What a tile holds up to the next multiple of 32 rows and of 32 columns is zero where it counts as steps of a
 * product.
 */
public final class BFloat16Tile {
    private static final int PANEL = BFloat16Product.PANEL;
    private static final int BLOCK = BFloat16Product.BLOCK;
    private static final int BLOCK_BYTES = BFloat16Product.BLOCK_BYTES;
    private static final int LINE = 64;

    private BFloat16Tile() {}

    /** An extent with its padding: the next multiple of 32. */
    static int padded(int extent) {
        return Math.ceilDiv(extent, BLOCK) * BLOCK;
    }

    /** Bytes of the panels of so many items and steps. */
    static long panelBytes(int items, int steps) {
        return (long) Math.ceilDiv(items, PANEL) * blocks(steps) * BLOCK_BYTES;
    }

    /** Blocks of a panel of so many steps. */
    static int blocks(int steps) {
        return Math.ceilDiv(steps, BLOCK);
    }

    /**
     * Copies rows, {@code [rows, size]}, that lie apart to a tile, and pads with zeros on all sides.
     *
     * @param source F32
     * @param stride bytes from a row of the source to the next
     * @param target F32, of a width of {@code padded(size)}
     */
    public static void copy(long source, long stride, int rows, int size, long target) {
        int width = padded(size);
        int whole = size / LANES * LANES;
        long rowBytes = (long) width * Float.BYTES;
        for (int row = 0; row < rows; row++) {
            long s = source + row * stride;
            long t = target + row * rowBytes;
            for (int d = 0; d < whole; d += LANES) {
                FloatVector.fromMemorySegment(FLOATS, ALL, s + d * 4L, ORDER).intoMemorySegment(ALL, t + d * 4L, ORDER);
            }
            if (whole < width) {
                end(s, whole, size, t, width);
            }
        }
        Floats.fill(target + rows * rowBytes, (padded(rows) - rows) * width, 0);
    }

    private static void end(long source, int from, int size, long target, int width) {
        for (int d = from; d < width; d += LANES) {
            FloatVector.fromMemorySegment(FLOATS, ALL, source + d * 4L, ORDER, FLOATS.indexInRange(d, size))
                    .intoMemorySegment(ALL, target + d * 4L, ORDER);
        }
    }

    /**
     * Makes panels whose items are the rows of a tile; its columns are the steps.
     *
     * @param rowBytes of the tile
     * @param turned whether a block has a row for each pair of steps, as those of B have, not for each item
     * @param scratch of {@link BFloat16Product#BLOCK_BYTES}, if turned
     */
    public static void rows(long tile, long rowBytes, int rows, int size, boolean turned, long panels, long scratch) {
        int blocks = blocks(size);
        long target = panels;
        for (int row = 0; row < rows; row += PANEL) {
            for (int block = 0; block < blocks; block++) {
                long first = tile + row * rowBytes + (long) block * BLOCK * Float.BYTES;
                join(first, rowBytes, LINE, turned ? scratch : target);
                if (turned) {
                    turn(scratch, target);
                }
                target += BLOCK_BYTES;
            }
        }
    }

    /** Makes panels whose items are the columns of a tile; its rows are the steps. See {@link #rows}. */
    public static void columns(
            long tile, long rowBytes, int rows, int size, boolean turned, long panels, long scratch) {
        int blocks = blocks(rows);
        long target = panels;
        for (int column = 0; column < size; column += PANEL) {
            for (int block = 0; block < blocks; block++) {
                long first = tile + block * BLOCK * rowBytes + (long) column * Float.BYTES;
                join(first, rowBytes, PANEL * rowBytes, turned ? scratch : target);
                if (turned) {
                    turn(scratch, target);
                }
                target += BLOCK_BYTES;
            }
        }
    }

    /** 16 rows of 16 numbers, each rounded and joined with the one that lies {@code apart}. */
    private static void join(long first, long rowBytes, long apart, long target) {
        long s = first;
        for (long t = target; t < target + BLOCK_BYTES; t += LINE) {
            for (int i = 0; i < LINE; i += BYTES) {
                FloatVector earlier = FloatVector.fromMemorySegment(FLOATS, ALL, s + i, ORDER);
                FloatVector later = FloatVector.fromMemorySegment(FLOATS, ALL, s + apart + i, ORDER);
                BFloat16Vectors.pairs(earlier, later).intoMemorySegment(ALL, t + i, ORDER);
            }
            s += rowBytes;
        }
    }

    private static void turn(long source, long target) {
        for (int row = 0; row < PANEL; row += LANES) {
            Transpose.rows(PANEL / LANES, source + row * (long) LINE, LINE, LANES, target + row * 4L, LINE);
        }
    }
}
