package dev.unmask.vector;

import static dev.unmask.vector.Species.BYTES;
import static dev.unmask.vector.Species.FLOATS;
import static dev.unmask.vector.Species.LANES;
import static dev.unmask.vector.Species.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The matrix product for very few rows by a transposed B, as in decoding a token at a time: dot products of rows of A
 * with rows of B as they lie in memory. Reading B is all that takes time, so nothing is packed; every row of B crosses
 * the memory bus once, in order, as the hardware's prefetching likes it. One row by 32000 × 512 weights reads 29.5 GB/s
 * where a plain sum of that memory reads 37 and packing reached 14.5; four rows 25.4, packed 13; eight rows no more
 * than packed (one thread, Temurin 25.0.3, EPYC (Zen 5), 2026-11).
 *
 * <p>An element is the sum of as many chains of multiply-adds as a vector has lanes, added up in a fixed tree. Its bits
 * do not depend on the number of rows or workers; they differ, in rounding, from those of {@link Gemm} and between
 * widths of vectors.
 */
final class DotGemm {
    private static final int ROWS = 4;

    /** How long four rows may be: they stay in the first-level cache while rows of B pass by. */
    private static final int LONGEST = 2048;

    private final Workers workers;
    private final GemmPacking.Items rowsOfA;
    private final GemmPacking.Items columnsOfB;
    private final long addend;
    private final long c;
    private final long stride;
    private final Workers.Task multiply = this::multiply;
    private int m;
    private int n;
    private int k;
    private int padded;
    private long copyOfA;

    DotGemm(
            Workers workers,
            GemmPacking.Items rowsOfA,
            GemmPacking.Items columnsOfB,
            long addend,
            long c,
            long stride) {
        this.workers = workers;
        this.rowsOfA = rowsOfA;
        this.columnsOfB = columnsOfB;
        this.addend = addend;
        this.c = c;
        this.stride = stride;
    }

    /** Whether this is faster than packing, for so many rows and steps of k. */
    static boolean serves(int m, int k) {
        return m == 1 || m <= ROWS && k <= LONGEST;
    }

    void run(int rows, int columns, int extent) {
        m = rows;
        n = columns;
        k = extent;
        padded = Math.ceilDiv(k, 2 * LANES) * 2 * LANES;
        // The last row stands for those that do not exist.
        copyOfA = workers.shared(ROWS * (padded * 4L));
        for (int i = 0; i < ROWS; i++) {
            copy(rowsOfA, Math.min(i, m - 1), copyOfA + i * padded * 4L);
        }
        workers.forEach(Math.ceilDiv(n, LANES), multiply);
    }

    private void copy(GemmPacking.Items items, int item, long target) {
        GemmPacking.copyItem(items, item, k, target);
        for (int p = k; p < padded; p++) {
            Memory.f32(target + p * 4L, 0);
        }
    }

    /** Computes {@code LANES} columns. */
    private void multiply(int task, int worker) {
        int first = task * LANES;
        int columns = Math.min(LANES, n - first);
        long sumStride = (long) LANES * BYTES;
        boolean direct = !columnsOfB.bf16() && padded == k;
        long copied = direct ? 0 : padded * 4L;
        long sums = workers.scratch(worker, 5 * sumStride + LANES * copied);
        long transposed = sums + 4 * sumStride;
        long b = columnsOfB.address(first, 0);
        long bStride = columnsOfB.stride();
        if (!direct) {
            b = sums + 5 * sumStride;
            bStride = copied;
            for (int j = 0; j < columns; j++) {
                copy(columnsOfB, first + j, b + j * bStride);
            }
        }
        // One row is taken four times: bandwidth is what is short, not arithmetic.
        long aStride = m == 1 ? 0 : padded * 4L;
        for (int j = 0; j < columns; j++) {
            fourRows(padded, copyOfA, aStride, b + j * bStride, sums + j * BYTES, sumStride);
        }
        for (int i = 0; i < m; i++) {
            reduce(columns, sums + i * sumStride, transposed, i * stride + first * 4L);
        }
    }

    /** Multiplies four rows of A by one of B; its sums, one a lane, are four vectors. */
    private static void fourRows(int k, long a, long aStride, long b, long sums, long sumStride) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        FloatVector t0 = FloatVector.zero(FLOATS);
        FloatVector t1 = FloatVector.zero(FLOATS);
        FloatVector t2 = FloatVector.zero(FLOATS);
        FloatVector t3 = FloatVector.zero(FLOATS);
        for (int p = 0; p < k; p += 2 * LANES) {
            long q = a + p * 4L;
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b + p * 4L, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b + p * 4L + BYTES, ORDER);
            s0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q, ORDER).fma(b0, s0);
            t0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + BYTES, ORDER).fma(b1, t0);
            s1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + aStride, ORDER).fma(b0, s1);
            t1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + aStride + BYTES, ORDER).fma(b1, t1);
            s2 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 2 * aStride, ORDER).fma(b0, s2);
            t2 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 2 * aStride + BYTES, ORDER).fma(b1, t2);
            s3 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 3 * aStride, ORDER).fma(b0, s3);
            t3 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 3 * aStride + BYTES, ORDER).fma(b1, t3);
        }
        s0.add(t0).intoMemorySegment(Memory.ALL, sums, ORDER);
        s1.add(t1).intoMemorySegment(Memory.ALL, sums + sumStride, ORDER);
        s2.add(t2).intoMemorySegment(Memory.ALL, sums + 2 * sumStride, ORDER);
        s3.add(t3).intoMemorySegment(Memory.ALL, sums + 3 * sumStride, ORDER);
    }

    /** Adds up the lanes of each column's sum: a transposition makes that additions of vectors, one lane a column. */
    private void reduce(int columns, long sums, long transposed, long offset) {
        Transpose.rows(1, sums, BYTES, columns, transposed, BYTES);
        for (int count = LANES / 2; count > 0; count /= 2) {
            for (int lane = 0; lane < count; lane++) {
                FloatVector.fromMemorySegment(FLOATS, Memory.ALL, transposed + lane * BYTES, ORDER)
                        .add(
                                FloatVector.fromMemorySegment(
                                        FLOATS, Memory.ALL, transposed + (lane + count) * BYTES, ORDER))
                        .intoMemorySegment(Memory.ALL, transposed + lane * BYTES, ORDER);
            }
        }
        VectorMask<Float> present = FLOATS.indexInRange(0, columns);
        FloatVector total = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, transposed, ORDER);
        if (addend != 0) {
            total = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, addend + offset, ORDER, present).add(total);
        }
        total.intoMemorySegment(Memory.ALL, c + offset, ORDER, present);
    }
}
