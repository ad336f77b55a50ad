package dev.unmask.vector.gemm;

import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.lanes.BFloat16Rows;
import dev.unmask.vector.lanes.LaneSums;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

import java.lang.foreign.ValueLayout;

/**
 * The matrix product for few rows by a transposed B, as in decoding a token at a time: dot products of rows of A with
 * rows of B as they lie in memory. Reading B is all that takes time, so nothing is packed, and every row of B crosses
 * the memory bus once.
 *
 * <p>Rows of B are fetched, one load for each cache line, before they are multiplied. A core waits for memory with a
 * few hundred instructions in flight, and so many loads are far more lines than so many multiplications ask for: 8 rows
 * by 32000 × 512 weights went from 14.2 to 20.7 GB/s on one core that reads 39 (Temurin 25.0.3, EPYC (Zen 5), 2026-11).
 *
 * <p>An element is the sum of as many chains of multiply-adds as a vector has lanes, added up in a fixed tree. Its bits
 * do not depend on the number of rows or workers; they differ, in rounding, from those of {@link FittingProduct} and
 * between widths of vectors.
 */
final class DotGemm implements MatrixProduct {
    /** Up to how many rows this is faster than packing. */
    static final int MOST_ROWS = 16;

    /** How much of B to fetch at once: it stays in the second-level cache with the rows of A. */
    private static final long FETCHED_BYTES = 128 << 10;

    private static final long CACHE_LINE = 64;

    private static final long SUM_BYTES = MOST_ROWS * DotTile.ROW;

    private final Workers workers;
    private final Workspace workspace;
    private final GemmPacking.Items rowsOfA;
    private final GemmPacking.Items columnsOfB;
    private final boolean rounding;
    private final long addend;
    private final long c;
    private final long stride;
    private final Workers.Task multiply = this::multiply;
    private int m;
    private int n;
    private int k;
    private int padded;
    private int tileRows;
    private int tileColumns;
    private int tiles;
    private long copyOfA;

    /**
     * Prepares a product.
     *
     * @param workers who do it
     * @param workspace where rows are copied to
     * @param places of the operands
     * @param rounding whether both factors are rounded to bfloat16 first
     */
    DotGemm(Workers workers, Workspace workspace, Places places, boolean rounding) {
        this.workers = workers;
        this.workspace = workspace;
        this.rounding = rounding;
        rowsOfA = places.rowsOfA();
        columnsOfB = places.columnsOfB();
        addend = places.addend();
        c = places.c();
        stride = places.stride();
    }

    /** Whether this is the way to multiply so many rows. */
    static boolean serves(int m, GemmPacking.Items columnsOfB) {
        return columnsOfB.alongK() && m <= MOST_ROWS;
    }

    @Override
    public void reserve(int rows, int columns, int extent) {
        turnTo(Math.min(rows, MOST_ROWS), columns, extent);
        workspace.reserveShared(bytesOfA());
        workspace.reserveEach(SUM_BYTES + DotTile.MOST_COLUMNS * strideOfCopies());
    }

    /** From 1 to {@link #MOST_ROWS} rows. */
    @Override
    public void run(int rows, int columns, int extent) {
        turnTo(rows, columns, extent);
        copyOfA = workspace.shared(bytesOfA());
        long bytesOfItem = padded * 4L;
        long item = copyOfA + tiles * tileRows * bytesOfItem;
        for (int i = 0; i < tiles * tileRows; i++) {
            // The last row stands for those that do not exist.
            copy(rowsOfA, Math.min(i, m - 1), item);
            interleave(item, copyOfA + i / tileRows * tileRows * bytesOfItem + (long) i % tileRows * BYTES);
        }
        workers.forEach(Math.ceilDiv(n, DotTile.COLUMNS), multiply);
    }

    private void turnTo(int rows, int columns, int extent) {
        m = rows;
        n = columns;
        k = extent;
        padded = Math.ceilDiv(k, LANES) * LANES;
        tileRows = DotTile.rows(m);
        tileColumns = DotTile.columns(tileRows);
        tiles = Math.ceilDiv(m, tileRows);
    }

    /** Of all rows, and of one more that is on its way there. */
    private long bytesOfA() {
        return (tiles * tileRows + 1) * padded * 4L;
    }

    private void interleave(long item, long target) {
        for (int p = 0; p < padded; p += LANES) {
            FloatVector.fromMemorySegment(FLOATS, Memory.ALL, item + p * 4L, ORDER)
                    .intoMemorySegment(Memory.ALL, target + p * 4L * tileRows, ORDER);
        }
    }

    private void copy(GemmPacking.Items items, int item, long target) {
        GemmPacking.copyItem(items, item, k, target);
        for (int p = k; p < padded; p++) {
            Memory.f32(target + p * 4L, 0);
        }
        if (rounding && !items.bf16()) {
            BFloat16Rows.roundInPlace(target, padded);
        }
    }

    private void multiply(int task, int worker) {
        int first = task * DotTile.COLUMNS;
        int columns = Math.min(DotTile.COLUMNS, n - first);
        long sums = workspace.of(worker);
        long copies = sums + SUM_BYTES;
        boolean asTheyLie = !rounding && !columnsOfB.bf16() && padded == k;
        int fetched = Math.ceilDiv((int) Math.max(1, FETCHED_BYTES / Math.max(1, k * 4L)), tileColumns) * tileColumns;
        for (int j = 0; j < columns; j += tileColumns) {
            if (j % fetched == 0) {
                fetch(first + j, Math.min(fetched, columns - j), copies);
            }
            if (asTheyLie && j + tileColumns <= columns) {
                multiplyTiles(columnsOfB.address(first + j, 0), columnsOfB.stride(), sums + j * (long) BYTES);
            } else {
                for (int i = 0; i < tileColumns; i++) {
                    // The last column stands for those that do not exist.
                    copy(columnsOfB, first + Math.min(j + i, columns - 1), copies + i * strideOfCopies());
                }
                multiplyTiles(copies, strideOfCopies(), sums + j * (long) BYTES);
            }
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < columns; j += LANES) {
                long totals = sums + i * DotTile.ROW + j * (long) BYTES;
                LaneSums.add(totals, totals);
                store(totals, Math.min(LANES, columns - j), i * stride + (first + j) * 4L);
            }
        }
    }

    /** A cache line more than an item: items a power of two apart would share few sets of the cache. */
    private long strideOfCopies() {
        return padded * 4L + Memory.ALIGNMENT;
    }

    private void multiplyTiles(long b, long strideOfB, long sums) {
        for (int tile = 0; tile < tiles; tile++) {
            long first = (long) tile * tileRows;
            DotTile.multiply(tileRows, padded, copyOfA + first * padded * 4L, b, strideOfB, sums + first * DotTile.ROW);
        }
    }

    /** Reads a byte of each cache line; what they add up to is stored, so that nobody finds the reading useless. */
    private void fetch(int column, int count, long scratch) {
        long address = columnsOfB.address(column, 0);
        long bytes = (count - 1) * columnsOfB.stride() + (long) k * columnsOfB.bytes();
        int sum = 0;
        for (long at = 0; at < bytes; at += CACHE_LINE) {
            sum += Memory.ALL.get(ValueLayout.JAVA_BYTE, address + at);
        }
        Memory.i32(scratch, sum);
    }

    private void store(long totals, int columns, long offset) {
        VectorMask<Float> present = FLOATS.indexInRange(0, columns);
        FloatVector total = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, totals, ORDER);
        if (addend != 0) {
            total = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, addend + offset, ORDER, present).add(total);
        }
        total.intoMemorySegment(Memory.ALL, c + offset, ORDER, present);
    }
}
