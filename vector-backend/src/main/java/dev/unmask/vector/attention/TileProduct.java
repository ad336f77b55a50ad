package dev.unmask.vector.attention;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.machine.Float32Product;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

import java.util.Optional;

/**
 * Products of matrices that are in the first-level cache already: {@code C[m, n] = A[m, k] · B[k, n]}, or added to C.
 * The elements of A may lie at any strides, so that a transpose needs no copy; rows of B and C are contiguous. Rows of
 * B are read in whole vectors, so up to 60 bytes behind them must be there.
 *
 * <p>An element is one chain of fused multiply-adds in the order of k that begins with what C holds, or with zero,
 * whichever inner kernel computes it. Those of the Vector API load and store C themselves: a method that takes vectors
 * and is not inlined costs an object a vector, and C2 stops inlining in methods of this size.
 *
 * @param code what multiplies, if it is machine code
 */
record TileProduct(Optional<Float32Product> code) {
    /** Rows of the widest inner kernel: with two vectors a row, as many sums as registers can hold. */
    private static final int TALL = 8;

    private static final int SHORT = 4;

    /**
     * Computes a product. Strides are in bytes.
     *
     * @param aRow from an element of A to the one below
     * @param aStep from an element of A to the one on its right
     * @param accumulate whether to add to C
     */
    void run(
            int m,
            int n,
            int k,
            long a,
            long aRow,
            long aStep,
            long b,
            long bStep,
            long c,
            long cRow,
            boolean accumulate) {
        if (code.isPresent()) {
            run(code.get(), m, n, k, a, aRow, aStep, b, bStep, c, cRow, accumulate);
            return;
        }
        if (!accumulate) {
            clear(m, n, c, cRow);
        }
        int j = 0;
        for (; j <= n - 2 * LANES; j += 2 * LANES) {
            long at = (long) j * Float.BYTES;
            int i = 0;
            for (; i <= m - TALL; i += TALL) {
                tall(k, a + i * aRow, aRow, aStep, b + at, bStep, c + at + i * cRow, cRow);
            }
            for (; i <= m - SHORT; i += SHORT) {
                squat(k, a + i * aRow, aRow, aStep, b + at, bStep, c + at + i * cRow, cRow);
            }
            for (; i < m; i++) {
                single(k, a + i * aRow, aStep, b + at, bStep, c + at + i * cRow);
            }
        }
        for (; j < n; j += LANES) {
            long at = (long) j * Float.BYTES;
            int i = 0;
            for (; j <= n - LANES && i <= m - TALL; i += TALL) {
                narrow(k, a + i * aRow, aRow, aStep, b + at, bStep, c + at + i * cRow, cRow);
            }
            for (; i < m; i++) {
                edge(k, a + i * aRow, aStep, b + at, bStep, c + at + i * cRow, n - j);
            }
        }
    }

    private static void run(
            Float32Product product,
            int m,
            int n,
            int k,
            long a,
            long aRow,
            long aStep,
            long b,
            long bStep,
            long c,
            long cRow,
            boolean accumulate) {
        long tile = product.rows() * aRow;
        for (int j = 0; j < n; j += product.columns()) {
            int width = Math.min(product.columns(), n - j);
            long at = j * 4L;
            product.multiply(m, width, k, a, aRow, aStep, tile, b + at, bStep, accumulate, 0, c + at, cRow, b, 0);
        }
    }

    private static void clear(int m, int n, long c, long cRow) {
        if (cRow == n * 4L) {
            Floats.fill(c, m * n, 0);
        } else {
            for (int i = 0; i < m; i++) {
                Floats.fill(c + i * cRow, n, 0);
            }
        }
    }

    private static void tall(int k, long a, long aRow, long aStep, long b, long bStep, long c, long cRow) {
        FloatVector c00 = FloatVector.fromMemorySegment(FLOATS, ALL, c, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(FLOATS, ALL, c + BYTES, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(FLOATS, ALL, c + cRow, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(FLOATS, ALL, c + cRow + BYTES, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 2 * cRow, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 2 * cRow + BYTES, ORDER);
        FloatVector c30 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 3 * cRow, ORDER);
        FloatVector c31 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 3 * cRow + BYTES, ORDER);
        FloatVector c40 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 4 * cRow, ORDER);
        FloatVector c41 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 4 * cRow + BYTES, ORDER);
        FloatVector c50 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 5 * cRow, ORDER);
        FloatVector c51 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 5 * cRow + BYTES, ORDER);
        FloatVector c60 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 6 * cRow, ORDER);
        FloatVector c61 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 6 * cRow + BYTES, ORDER);
        FloatVector c70 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 7 * cRow, ORDER);
        FloatVector c71 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 7 * cRow + BYTES, ORDER);
        long aAt = a;
        long bAt = b;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, ALL, bAt, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, ALL, bAt + BYTES, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt));
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            FloatVector a1 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + aRow));
            c10 = a1.fma(b0, c10);
            c11 = a1.fma(b1, c11);
            FloatVector a2 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 2 * aRow));
            c20 = a2.fma(b0, c20);
            c21 = a2.fma(b1, c21);
            FloatVector a3 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 3 * aRow));
            c30 = a3.fma(b0, c30);
            c31 = a3.fma(b1, c31);
            FloatVector a4 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 4 * aRow));
            c40 = a4.fma(b0, c40);
            c41 = a4.fma(b1, c41);
            FloatVector a5 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 5 * aRow));
            c50 = a5.fma(b0, c50);
            c51 = a5.fma(b1, c51);
            FloatVector a6 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 6 * aRow));
            c60 = a6.fma(b0, c60);
            c61 = a6.fma(b1, c61);
            FloatVector a7 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 7 * aRow));
            c70 = a7.fma(b0, c70);
            c71 = a7.fma(b1, c71);
            aAt += aStep;
            bAt += bStep;
        }
        c00.intoMemorySegment(ALL, c, ORDER);
        c01.intoMemorySegment(ALL, c + BYTES, ORDER);
        c10.intoMemorySegment(ALL, c + cRow, ORDER);
        c11.intoMemorySegment(ALL, c + cRow + BYTES, ORDER);
        c20.intoMemorySegment(ALL, c + 2 * cRow, ORDER);
        c21.intoMemorySegment(ALL, c + 2 * cRow + BYTES, ORDER);
        c30.intoMemorySegment(ALL, c + 3 * cRow, ORDER);
        c31.intoMemorySegment(ALL, c + 3 * cRow + BYTES, ORDER);
        c40.intoMemorySegment(ALL, c + 4 * cRow, ORDER);
        c41.intoMemorySegment(ALL, c + 4 * cRow + BYTES, ORDER);
        c50.intoMemorySegment(ALL, c + 5 * cRow, ORDER);
        c51.intoMemorySegment(ALL, c + 5 * cRow + BYTES, ORDER);
        c60.intoMemorySegment(ALL, c + 6 * cRow, ORDER);
        c61.intoMemorySegment(ALL, c + 6 * cRow + BYTES, ORDER);
        c70.intoMemorySegment(ALL, c + 7 * cRow, ORDER);
        c71.intoMemorySegment(ALL, c + 7 * cRow + BYTES, ORDER);
    }

    private static void squat(int k, long a, long aRow, long aStep, long b, long bStep, long c, long cRow) {
        FloatVector c00 = FloatVector.fromMemorySegment(FLOATS, ALL, c, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(FLOATS, ALL, c + BYTES, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(FLOATS, ALL, c + cRow, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(FLOATS, ALL, c + cRow + BYTES, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 2 * cRow, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 2 * cRow + BYTES, ORDER);
        FloatVector c30 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 3 * cRow, ORDER);
        FloatVector c31 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 3 * cRow + BYTES, ORDER);
        long aAt = a;
        long bAt = b;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, ALL, bAt, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, ALL, bAt + BYTES, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt));
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            FloatVector a1 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + aRow));
            c10 = a1.fma(b0, c10);
            c11 = a1.fma(b1, c11);
            FloatVector a2 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 2 * aRow));
            c20 = a2.fma(b0, c20);
            c21 = a2.fma(b1, c21);
            FloatVector a3 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 3 * aRow));
            c30 = a3.fma(b0, c30);
            c31 = a3.fma(b1, c31);
            aAt += aStep;
            bAt += bStep;
        }
        c00.intoMemorySegment(ALL, c, ORDER);
        c01.intoMemorySegment(ALL, c + BYTES, ORDER);
        c10.intoMemorySegment(ALL, c + cRow, ORDER);
        c11.intoMemorySegment(ALL, c + cRow + BYTES, ORDER);
        c20.intoMemorySegment(ALL, c + 2 * cRow, ORDER);
        c21.intoMemorySegment(ALL, c + 2 * cRow + BYTES, ORDER);
        c30.intoMemorySegment(ALL, c + 3 * cRow, ORDER);
        c31.intoMemorySegment(ALL, c + 3 * cRow + BYTES, ORDER);
    }

    private static void single(int k, long a, long aStep, long b, long bStep, long c) {
        FloatVector c00 = FloatVector.fromMemorySegment(FLOATS, ALL, c, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(FLOATS, ALL, c + BYTES, ORDER);
        long aAt = a;
        long bAt = b;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, ALL, bAt, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, ALL, bAt + BYTES, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt));
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            aAt += aStep;
            bAt += bStep;
        }
        c00.intoMemorySegment(ALL, c, ORDER);
        c01.intoMemorySegment(ALL, c + BYTES, ORDER);
    }

    /**
     * A whole vector a row. It has no mask: with one, C1 runs out of registers and gives the method up, so that C2
     * never gets it and it stays twenty times slower for ever.
     */
    private static void narrow(int k, long a, long aRow, long aStep, long b, long bStep, long c, long cRow) {
        FloatVector c00 = FloatVector.fromMemorySegment(FLOATS, ALL, c, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(FLOATS, ALL, c + cRow, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 2 * cRow, ORDER);
        FloatVector c30 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 3 * cRow, ORDER);
        FloatVector c40 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 4 * cRow, ORDER);
        FloatVector c50 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 5 * cRow, ORDER);
        FloatVector c60 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 6 * cRow, ORDER);
        FloatVector c70 = FloatVector.fromMemorySegment(FLOATS, ALL, c + 7 * cRow, ORDER);
        long aAt = a;
        long bAt = b;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, ALL, bAt, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt));
            c00 = a0.fma(b0, c00);
            FloatVector a1 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + aRow));
            c10 = a1.fma(b0, c10);
            FloatVector a2 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 2 * aRow));
            c20 = a2.fma(b0, c20);
            FloatVector a3 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 3 * aRow));
            c30 = a3.fma(b0, c30);
            FloatVector a4 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 4 * aRow));
            c40 = a4.fma(b0, c40);
            FloatVector a5 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 5 * aRow));
            c50 = a5.fma(b0, c50);
            FloatVector a6 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 6 * aRow));
            c60 = a6.fma(b0, c60);
            FloatVector a7 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt + 7 * aRow));
            c70 = a7.fma(b0, c70);
            aAt += aStep;
            bAt += bStep;
        }
        c00.intoMemorySegment(ALL, c, ORDER);
        c10.intoMemorySegment(ALL, c + cRow, ORDER);
        c20.intoMemorySegment(ALL, c + 2 * cRow, ORDER);
        c30.intoMemorySegment(ALL, c + 3 * cRow, ORDER);
        c40.intoMemorySegment(ALL, c + 4 * cRow, ORDER);
        c50.intoMemorySegment(ALL, c + 5 * cRow, ORDER);
        c60.intoMemorySegment(ALL, c + 6 * cRow, ORDER);
        c70.intoMemorySegment(ALL, c + 7 * cRow, ORDER);
    }

    /** One row, a vector or a part of one. */
    private static void edge(int k, long a, long aStep, long b, long bStep, long c, int width) {
        VectorMask<Float> live = FLOATS.indexInRange(0, width);
        FloatVector c00 = FloatVector.fromMemorySegment(FLOATS, ALL, c, ORDER, live);
        long aAt = a;
        long bAt = b;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, ALL, bAt, ORDER, live);
            FloatVector a0 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT_UNALIGNED, aAt));
            c00 = a0.fma(b0, c00);
            aAt += aStep;
            bAt += bStep;
        }
        c00.intoMemorySegment(ALL, c, ORDER, live);
    }
}
