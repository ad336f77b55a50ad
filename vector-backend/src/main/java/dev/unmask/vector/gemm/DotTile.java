package dev.unmask.vector.gemm;

import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.lanes.Memory;

import jdk.incubator.vector.FloatVector;

/**
 * Dot products of some rows of A with some rows of B: each is a chain of multiply-adds for each lane, whatever the
 * shape of the tile, so that the shape does not show in the bits. The fewer rows of A there are, the more of B a tile
 * takes at once, to keep the multiplication units busy.
 */
final class DotTile {
    /** Columns that there is room for in a block of sums: a multiple of what every tile takes, and of every vector. */
    static final int COLUMNS = 48;

    /** Bytes from the sums of a row of A to those of the next; a vector more, as cache lines 4 KiB apart collide. */
    static final long ROW = (COLUMNS + 1L) * BYTES;

    /** The most rows of B that a tile takes. */
    static final int MOST_COLUMNS = 8;

    private DotTile() {}

    /** Rows of A in the tile that serves so many. */
    static int rows(int m) {
        return m == 1 ? 1 : m <= 4 ? 4 : 8;
    }

    /** Rows of B in the tile that takes so many rows of A. */
    static int columns(int rows) {
        return rows == 1 ? MOST_COLUMNS : rows == 4 ? 6 : 3;
    }

    /**
     * Multiplies rows of A by {@link #columns} of B.
     *
     * @param rows of A: 1, 4 or 8
     * @param k steps, a multiple of {@code LANES}
     * @param a the rows of A, interleaved: a vector of each, the next vector of each
     * @param b the first row of B
     * @param stride bytes from a row of B to the next
     * @param sums where the sums go, one a lane: a vector for each column, {@link #ROW} bytes for each row
     */
    static void multiply(int rows, int k, long a, long b, long stride, long sums) {
        switch (rows) {
            case 1 -> oneByEight(k, a, b, stride, sums);
            case 4 -> fourBySix(k, a, b, stride, sums);
            default -> eightByThree(k, a, b, stride, sums);
        }
    }

    private static void oneByEight(int k, long a, long b, long stride, long sums) {
        FloatVector s00 = FloatVector.zero(FLOATS);
        FloatVector s01 = FloatVector.zero(FLOATS);
        FloatVector s02 = FloatVector.zero(FLOATS);
        FloatVector s03 = FloatVector.zero(FLOATS);
        FloatVector s04 = FloatVector.zero(FLOATS);
        FloatVector s05 = FloatVector.zero(FLOATS);
        FloatVector s06 = FloatVector.zero(FLOATS);
        FloatVector s07 = FloatVector.zero(FLOATS);
        long q = a;
        for (int p = 0; p < k; p += LANES) {
            long r = b + p * 4L;
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + stride, ORDER);
            FloatVector b2 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 2 * stride, ORDER);
            FloatVector b3 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 3 * stride, ORDER);
            FloatVector b4 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 4 * stride, ORDER);
            FloatVector b5 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 5 * stride, ORDER);
            FloatVector b6 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 6 * stride, ORDER);
            FloatVector b7 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 7 * stride, ORDER);
            FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q, ORDER);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            s04 = a0.fma(b4, s04);
            s05 = a0.fma(b5, s05);
            s06 = a0.fma(b6, s06);
            s07 = a0.fma(b7, s07);
            q += BYTES;
        }
        s00.intoMemorySegment(Memory.ALL, sums, ORDER);
        s01.intoMemorySegment(Memory.ALL, sums + BYTES, ORDER);
        s02.intoMemorySegment(Memory.ALL, sums + 2 * BYTES, ORDER);
        s03.intoMemorySegment(Memory.ALL, sums + 3 * BYTES, ORDER);
        s04.intoMemorySegment(Memory.ALL, sums + 4 * BYTES, ORDER);
        s05.intoMemorySegment(Memory.ALL, sums + 5 * BYTES, ORDER);
        s06.intoMemorySegment(Memory.ALL, sums + 6 * BYTES, ORDER);
        s07.intoMemorySegment(Memory.ALL, sums + 7 * BYTES, ORDER);
    }

    private static void fourBySix(int k, long a, long b, long stride, long sums) {
        FloatVector s00 = FloatVector.zero(FLOATS);
        FloatVector s01 = FloatVector.zero(FLOATS);
        FloatVector s02 = FloatVector.zero(FLOATS);
        FloatVector s03 = FloatVector.zero(FLOATS);
        FloatVector s04 = FloatVector.zero(FLOATS);
        FloatVector s05 = FloatVector.zero(FLOATS);
        FloatVector s10 = FloatVector.zero(FLOATS);
        FloatVector s11 = FloatVector.zero(FLOATS);
        FloatVector s12 = FloatVector.zero(FLOATS);
        FloatVector s13 = FloatVector.zero(FLOATS);
        FloatVector s14 = FloatVector.zero(FLOATS);
        FloatVector s15 = FloatVector.zero(FLOATS);
        FloatVector s20 = FloatVector.zero(FLOATS);
        FloatVector s21 = FloatVector.zero(FLOATS);
        FloatVector s22 = FloatVector.zero(FLOATS);
        FloatVector s23 = FloatVector.zero(FLOATS);
        FloatVector s24 = FloatVector.zero(FLOATS);
        FloatVector s25 = FloatVector.zero(FLOATS);
        FloatVector s30 = FloatVector.zero(FLOATS);
        FloatVector s31 = FloatVector.zero(FLOATS);
        FloatVector s32 = FloatVector.zero(FLOATS);
        FloatVector s33 = FloatVector.zero(FLOATS);
        FloatVector s34 = FloatVector.zero(FLOATS);
        FloatVector s35 = FloatVector.zero(FLOATS);
        long q = a;
        for (int p = 0; p < k; p += LANES) {
            long r = b + p * 4L;
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + stride, ORDER);
            FloatVector b2 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 2 * stride, ORDER);
            FloatVector b3 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 3 * stride, ORDER);
            FloatVector b4 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 4 * stride, ORDER);
            FloatVector b5 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 5 * stride, ORDER);
            FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q, ORDER);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            s04 = a0.fma(b4, s04);
            s05 = a0.fma(b5, s05);
            FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + BYTES, ORDER);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
            s14 = a1.fma(b4, s14);
            s15 = a1.fma(b5, s15);
            FloatVector a2 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 2 * BYTES, ORDER);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
            s23 = a2.fma(b3, s23);
            s24 = a2.fma(b4, s24);
            s25 = a2.fma(b5, s25);
            FloatVector a3 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 3 * BYTES, ORDER);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            s32 = a3.fma(b2, s32);
            s33 = a3.fma(b3, s33);
            s34 = a3.fma(b4, s34);
            s35 = a3.fma(b5, s35);
            q += 4 * BYTES;
        }
        s00.intoMemorySegment(Memory.ALL, sums, ORDER);
        s01.intoMemorySegment(Memory.ALL, sums + BYTES, ORDER);
        s02.intoMemorySegment(Memory.ALL, sums + 2 * BYTES, ORDER);
        s03.intoMemorySegment(Memory.ALL, sums + 3 * BYTES, ORDER);
        s04.intoMemorySegment(Memory.ALL, sums + 4 * BYTES, ORDER);
        s05.intoMemorySegment(Memory.ALL, sums + 5 * BYTES, ORDER);
        s10.intoMemorySegment(Memory.ALL, sums + ROW, ORDER);
        s11.intoMemorySegment(Memory.ALL, sums + ROW + BYTES, ORDER);
        s12.intoMemorySegment(Memory.ALL, sums + ROW + 2 * BYTES, ORDER);
        s13.intoMemorySegment(Memory.ALL, sums + ROW + 3 * BYTES, ORDER);
        s14.intoMemorySegment(Memory.ALL, sums + ROW + 4 * BYTES, ORDER);
        s15.intoMemorySegment(Memory.ALL, sums + ROW + 5 * BYTES, ORDER);
        s20.intoMemorySegment(Memory.ALL, sums + 2 * ROW, ORDER);
        s21.intoMemorySegment(Memory.ALL, sums + 2 * ROW + BYTES, ORDER);
        s22.intoMemorySegment(Memory.ALL, sums + 2 * ROW + 2 * BYTES, ORDER);
        s23.intoMemorySegment(Memory.ALL, sums + 2 * ROW + 3 * BYTES, ORDER);
        s24.intoMemorySegment(Memory.ALL, sums + 2 * ROW + 4 * BYTES, ORDER);
        s25.intoMemorySegment(Memory.ALL, sums + 2 * ROW + 5 * BYTES, ORDER);
        s30.intoMemorySegment(Memory.ALL, sums + 3 * ROW, ORDER);
        s31.intoMemorySegment(Memory.ALL, sums + 3 * ROW + BYTES, ORDER);
        s32.intoMemorySegment(Memory.ALL, sums + 3 * ROW + 2 * BYTES, ORDER);
        s33.intoMemorySegment(Memory.ALL, sums + 3 * ROW + 3 * BYTES, ORDER);
        s34.intoMemorySegment(Memory.ALL, sums + 3 * ROW + 4 * BYTES, ORDER);
        s35.intoMemorySegment(Memory.ALL, sums + 3 * ROW + 5 * BYTES, ORDER);
    }

    private static void eightByThree(int k, long a, long b, long stride, long sums) {
        FloatVector s00 = FloatVector.zero(FLOATS);
        FloatVector s01 = FloatVector.zero(FLOATS);
        FloatVector s02 = FloatVector.zero(FLOATS);
        FloatVector s10 = FloatVector.zero(FLOATS);
        FloatVector s11 = FloatVector.zero(FLOATS);
        FloatVector s12 = FloatVector.zero(FLOATS);
        FloatVector s20 = FloatVector.zero(FLOATS);
        FloatVector s21 = FloatVector.zero(FLOATS);
        FloatVector s22 = FloatVector.zero(FLOATS);
        FloatVector s30 = FloatVector.zero(FLOATS);
        FloatVector s31 = FloatVector.zero(FLOATS);
        FloatVector s32 = FloatVector.zero(FLOATS);
        FloatVector s40 = FloatVector.zero(FLOATS);
        FloatVector s41 = FloatVector.zero(FLOATS);
        FloatVector s42 = FloatVector.zero(FLOATS);
        FloatVector s50 = FloatVector.zero(FLOATS);
        FloatVector s51 = FloatVector.zero(FLOATS);
        FloatVector s52 = FloatVector.zero(FLOATS);
        FloatVector s60 = FloatVector.zero(FLOATS);
        FloatVector s61 = FloatVector.zero(FLOATS);
        FloatVector s62 = FloatVector.zero(FLOATS);
        FloatVector s70 = FloatVector.zero(FLOATS);
        FloatVector s71 = FloatVector.zero(FLOATS);
        FloatVector s72 = FloatVector.zero(FLOATS);
        long q = a;
        for (int p = 0; p < k; p += LANES) {
            long r = b + p * 4L;
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + stride, ORDER);
            FloatVector b2 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 2 * stride, ORDER);
            FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q, ORDER);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + BYTES, ORDER);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            FloatVector a2 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 2 * BYTES, ORDER);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
            FloatVector a3 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 3 * BYTES, ORDER);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            s32 = a3.fma(b2, s32);
            FloatVector a4 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 4 * BYTES, ORDER);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            s42 = a4.fma(b2, s42);
            FloatVector a5 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 5 * BYTES, ORDER);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            s52 = a5.fma(b2, s52);
            FloatVector a6 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 6 * BYTES, ORDER);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
            s62 = a6.fma(b2, s62);
            FloatVector a7 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, q + 7 * BYTES, ORDER);
            s70 = a7.fma(b0, s70);
            s71 = a7.fma(b1, s71);
            s72 = a7.fma(b2, s72);
            q += 8 * BYTES;
        }
        s00.intoMemorySegment(Memory.ALL, sums, ORDER);
        s01.intoMemorySegment(Memory.ALL, sums + BYTES, ORDER);
        s02.intoMemorySegment(Memory.ALL, sums + 2 * BYTES, ORDER);
        s10.intoMemorySegment(Memory.ALL, sums + ROW, ORDER);
        s11.intoMemorySegment(Memory.ALL, sums + ROW + BYTES, ORDER);
        s12.intoMemorySegment(Memory.ALL, sums + ROW + 2 * BYTES, ORDER);
        s20.intoMemorySegment(Memory.ALL, sums + 2 * ROW, ORDER);
        s21.intoMemorySegment(Memory.ALL, sums + 2 * ROW + BYTES, ORDER);
        s22.intoMemorySegment(Memory.ALL, sums + 2 * ROW + 2 * BYTES, ORDER);
        s30.intoMemorySegment(Memory.ALL, sums + 3 * ROW, ORDER);
        s31.intoMemorySegment(Memory.ALL, sums + 3 * ROW + BYTES, ORDER);
        s32.intoMemorySegment(Memory.ALL, sums + 3 * ROW + 2 * BYTES, ORDER);
        s40.intoMemorySegment(Memory.ALL, sums + 4 * ROW, ORDER);
        s41.intoMemorySegment(Memory.ALL, sums + 4 * ROW + BYTES, ORDER);
        s42.intoMemorySegment(Memory.ALL, sums + 4 * ROW + 2 * BYTES, ORDER);
        s50.intoMemorySegment(Memory.ALL, sums + 5 * ROW, ORDER);
        s51.intoMemorySegment(Memory.ALL, sums + 5 * ROW + BYTES, ORDER);
        s52.intoMemorySegment(Memory.ALL, sums + 5 * ROW + 2 * BYTES, ORDER);
        s60.intoMemorySegment(Memory.ALL, sums + 6 * ROW, ORDER);
        s61.intoMemorySegment(Memory.ALL, sums + 6 * ROW + BYTES, ORDER);
        s62.intoMemorySegment(Memory.ALL, sums + 6 * ROW + 2 * BYTES, ORDER);
        s70.intoMemorySegment(Memory.ALL, sums + 7 * ROW, ORDER);
        s71.intoMemorySegment(Memory.ALL, sums + 7 * ROW + BYTES, ORDER);
        s72.intoMemorySegment(Memory.ALL, sums + 7 * ROW + 2 * BYTES, ORDER);
    }
}
