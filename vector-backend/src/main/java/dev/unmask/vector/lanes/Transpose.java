package dev.unmask.vector.lanes;

import static dev.unmask.vector.lanes.Species.INTS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import jdk.incubator.vector.IntVector;

/**
 * Transposes blocks of {@code LANES × LANES} 32-bit elements in registers. Zipping row {@code i} with row {@code i +
 * LANES / 2}, for all {@code i} and log2(LANES) times over, is a transposition.
 *
 * <p>16×16 blocks out of the second-level cache: 69 GB/s on one core, against 14 for element by element and 53 with
 * {@code rearrange} in place of {@code selectFrom} (Temurin 25.0.3, EPYC (Zen 5), 2026-11).
 */
public final class Transpose {
    /** Indices that zip the lower halves of two vectors. */
    private static final IntVector LOW = zip(0);

    /** Indices that zip their upper halves. */
    private static final IntVector HIGH = zip(LANES / 2);

    private Transpose() {}

    /** Indices that zip the halves, from the given lane on, of two vectors. */
    private static IntVector zip(int from) {
        int[] indices = new int[LANES];
        for (int i = 0; i < LANES; i++) {
            indices[i] = from + i / 2 + (i % 2) * LANES;
        }
        return IntVector.fromArray(INTS, indices, 0);
    }

    /**
     * Transposes {@code LANES} rows of {@code blocks · LANES} elements.
     *
     * @param blocks how many blocks, along a source row
     * @param source where the first row starts
     * @param stride bytes from a source row to the next
     * @param rows how many source rows exist, in {@code [1, LANES]}; what the last one holds stands for those that do
     *     not
     * @param target where the result, {@code [blocks · LANES, LANES]}, starts; rows are written in ascending order
     * @param step bytes from a target row to the next; less than a vector if rows may overlap
     */
    public static void rows(int blocks, long source, long stride, int rows, long target, long step) {
        switch (LANES) {
            case 4 -> lanes4(blocks, source, stride, rows, target, step);
            case 8 -> lanes8(blocks, source, stride, rows, target, step);
            default -> lanes16(blocks, source, stride, rows, target, step);
        }
    }

    private static void lanes4(int blocks, long source, long stride, int rows, long target, long step) {
        long last = rows - 1L;
        for (int q = 0; q < blocks; q++) {
            long s = source + q * 16L;
            long t = target + q * 4 * step;
            IntVector a0 = IntVector.fromMemorySegment(INTS, Memory.ALL, s, ORDER);
            IntVector a1 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(1, last) * stride, ORDER);
            IntVector a2 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(2, last) * stride, ORDER);
            IntVector a3 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(3, last) * stride, ORDER);
            IntVector b0 = LOW.selectFrom(a0, a2);
            IntVector b1 = HIGH.selectFrom(a0, a2);
            IntVector b2 = LOW.selectFrom(a1, a3);
            IntVector b3 = HIGH.selectFrom(a1, a3);
            IntVector c0 = LOW.selectFrom(b0, b2);
            IntVector c1 = HIGH.selectFrom(b0, b2);
            IntVector c2 = LOW.selectFrom(b1, b3);
            IntVector c3 = HIGH.selectFrom(b1, b3);
            c0.intoMemorySegment(Memory.ALL, t, ORDER);
            c1.intoMemorySegment(Memory.ALL, t + step, ORDER);
            c2.intoMemorySegment(Memory.ALL, t + 2 * step, ORDER);
            c3.intoMemorySegment(Memory.ALL, t + 3 * step, ORDER);
        }
    }

    private static void lanes8(int blocks, long source, long stride, int rows, long target, long step) {
        long last = rows - 1L;
        for (int q = 0; q < blocks; q++) {
            long s = source + q * 32L;
            long t = target + q * 8 * step;
            IntVector a0 = IntVector.fromMemorySegment(INTS, Memory.ALL, s, ORDER);
            IntVector a1 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(1, last) * stride, ORDER);
            IntVector a2 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(2, last) * stride, ORDER);
            IntVector a3 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(3, last) * stride, ORDER);
            IntVector a4 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(4, last) * stride, ORDER);
            IntVector a5 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(5, last) * stride, ORDER);
            IntVector a6 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(6, last) * stride, ORDER);
            IntVector a7 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(7, last) * stride, ORDER);
            IntVector b0 = LOW.selectFrom(a0, a4);
            IntVector b1 = HIGH.selectFrom(a0, a4);
            IntVector b2 = LOW.selectFrom(a1, a5);
            IntVector b3 = HIGH.selectFrom(a1, a5);
            IntVector b4 = LOW.selectFrom(a2, a6);
            IntVector b5 = HIGH.selectFrom(a2, a6);
            IntVector b6 = LOW.selectFrom(a3, a7);
            IntVector b7 = HIGH.selectFrom(a3, a7);
            IntVector c0 = LOW.selectFrom(b0, b4);
            IntVector c1 = HIGH.selectFrom(b0, b4);
            IntVector c2 = LOW.selectFrom(b1, b5);
            IntVector c3 = HIGH.selectFrom(b1, b5);
            IntVector c4 = LOW.selectFrom(b2, b6);
            IntVector c5 = HIGH.selectFrom(b2, b6);
            IntVector c6 = LOW.selectFrom(b3, b7);
            IntVector c7 = HIGH.selectFrom(b3, b7);
            IntVector d0 = LOW.selectFrom(c0, c4);
            IntVector d1 = HIGH.selectFrom(c0, c4);
            IntVector d2 = LOW.selectFrom(c1, c5);
            IntVector d3 = HIGH.selectFrom(c1, c5);
            IntVector d4 = LOW.selectFrom(c2, c6);
            IntVector d5 = HIGH.selectFrom(c2, c6);
            IntVector d6 = LOW.selectFrom(c3, c7);
            IntVector d7 = HIGH.selectFrom(c3, c7);
            d0.intoMemorySegment(Memory.ALL, t, ORDER);
            d1.intoMemorySegment(Memory.ALL, t + step, ORDER);
            d2.intoMemorySegment(Memory.ALL, t + 2 * step, ORDER);
            d3.intoMemorySegment(Memory.ALL, t + 3 * step, ORDER);
            d4.intoMemorySegment(Memory.ALL, t + 4 * step, ORDER);
            d5.intoMemorySegment(Memory.ALL, t + 5 * step, ORDER);
            d6.intoMemorySegment(Memory.ALL, t + 6 * step, ORDER);
            d7.intoMemorySegment(Memory.ALL, t + 7 * step, ORDER);
        }
    }

    private static void lanes16(int blocks, long source, long stride, int rows, long target, long step) {
        long last = rows - 1L;
        for (int q = 0; q < blocks; q++) {
            long s = source + q * 64L;
            long t = target + q * 16 * step;
            IntVector a0 = IntVector.fromMemorySegment(INTS, Memory.ALL, s, ORDER);
            IntVector a1 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(1, last) * stride, ORDER);
            IntVector a2 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(2, last) * stride, ORDER);
            IntVector a3 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(3, last) * stride, ORDER);
            IntVector a4 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(4, last) * stride, ORDER);
            IntVector a5 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(5, last) * stride, ORDER);
            IntVector a6 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(6, last) * stride, ORDER);
            IntVector a7 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(7, last) * stride, ORDER);
            IntVector a8 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(8, last) * stride, ORDER);
            IntVector a9 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(9, last) * stride, ORDER);
            IntVector a10 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(10, last) * stride, ORDER);
            IntVector a11 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(11, last) * stride, ORDER);
            IntVector a12 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(12, last) * stride, ORDER);
            IntVector a13 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(13, last) * stride, ORDER);
            IntVector a14 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(14, last) * stride, ORDER);
            IntVector a15 = IntVector.fromMemorySegment(INTS, Memory.ALL, s + Math.min(15, last) * stride, ORDER);
            IntVector b0 = LOW.selectFrom(a0, a8);
            IntVector b1 = HIGH.selectFrom(a0, a8);
            IntVector b2 = LOW.selectFrom(a1, a9);
            IntVector b3 = HIGH.selectFrom(a1, a9);
            IntVector b4 = LOW.selectFrom(a2, a10);
            IntVector b5 = HIGH.selectFrom(a2, a10);
            IntVector b6 = LOW.selectFrom(a3, a11);
            IntVector b7 = HIGH.selectFrom(a3, a11);
            IntVector b8 = LOW.selectFrom(a4, a12);
            IntVector b9 = HIGH.selectFrom(a4, a12);
            IntVector b10 = LOW.selectFrom(a5, a13);
            IntVector b11 = HIGH.selectFrom(a5, a13);
            IntVector b12 = LOW.selectFrom(a6, a14);
            IntVector b13 = HIGH.selectFrom(a6, a14);
            IntVector b14 = LOW.selectFrom(a7, a15);
            IntVector b15 = HIGH.selectFrom(a7, a15);
            IntVector c0 = LOW.selectFrom(b0, b8);
            IntVector c1 = HIGH.selectFrom(b0, b8);
            IntVector c2 = LOW.selectFrom(b1, b9);
            IntVector c3 = HIGH.selectFrom(b1, b9);
            IntVector c4 = LOW.selectFrom(b2, b10);
            IntVector c5 = HIGH.selectFrom(b2, b10);
            IntVector c6 = LOW.selectFrom(b3, b11);
            IntVector c7 = HIGH.selectFrom(b3, b11);
            IntVector c8 = LOW.selectFrom(b4, b12);
            IntVector c9 = HIGH.selectFrom(b4, b12);
            IntVector c10 = LOW.selectFrom(b5, b13);
            IntVector c11 = HIGH.selectFrom(b5, b13);
            IntVector c12 = LOW.selectFrom(b6, b14);
            IntVector c13 = HIGH.selectFrom(b6, b14);
            IntVector c14 = LOW.selectFrom(b7, b15);
            IntVector c15 = HIGH.selectFrom(b7, b15);
            IntVector d0 = LOW.selectFrom(c0, c8);
            IntVector d1 = HIGH.selectFrom(c0, c8);
            IntVector d2 = LOW.selectFrom(c1, c9);
            IntVector d3 = HIGH.selectFrom(c1, c9);
            IntVector d4 = LOW.selectFrom(c2, c10);
            IntVector d5 = HIGH.selectFrom(c2, c10);
            IntVector d6 = LOW.selectFrom(c3, c11);
            IntVector d7 = HIGH.selectFrom(c3, c11);
            IntVector d8 = LOW.selectFrom(c4, c12);
            IntVector d9 = HIGH.selectFrom(c4, c12);
            IntVector d10 = LOW.selectFrom(c5, c13);
            IntVector d11 = HIGH.selectFrom(c5, c13);
            IntVector d12 = LOW.selectFrom(c6, c14);
            IntVector d13 = HIGH.selectFrom(c6, c14);
            IntVector d14 = LOW.selectFrom(c7, c15);
            IntVector d15 = HIGH.selectFrom(c7, c15);
            IntVector e0 = LOW.selectFrom(d0, d8);
            IntVector e1 = HIGH.selectFrom(d0, d8);
            IntVector e2 = LOW.selectFrom(d1, d9);
            IntVector e3 = HIGH.selectFrom(d1, d9);
            IntVector e4 = LOW.selectFrom(d2, d10);
            IntVector e5 = HIGH.selectFrom(d2, d10);
            IntVector e6 = LOW.selectFrom(d3, d11);
            IntVector e7 = HIGH.selectFrom(d3, d11);
            IntVector e8 = LOW.selectFrom(d4, d12);
            IntVector e9 = HIGH.selectFrom(d4, d12);
            IntVector e10 = LOW.selectFrom(d5, d13);
            IntVector e11 = HIGH.selectFrom(d5, d13);
            IntVector e12 = LOW.selectFrom(d6, d14);
            IntVector e13 = HIGH.selectFrom(d6, d14);
            IntVector e14 = LOW.selectFrom(d7, d15);
            IntVector e15 = HIGH.selectFrom(d7, d15);
            e0.intoMemorySegment(Memory.ALL, t, ORDER);
            e1.intoMemorySegment(Memory.ALL, t + step, ORDER);
            e2.intoMemorySegment(Memory.ALL, t + 2 * step, ORDER);
            e3.intoMemorySegment(Memory.ALL, t + 3 * step, ORDER);
            e4.intoMemorySegment(Memory.ALL, t + 4 * step, ORDER);
            e5.intoMemorySegment(Memory.ALL, t + 5 * step, ORDER);
            e6.intoMemorySegment(Memory.ALL, t + 6 * step, ORDER);
            e7.intoMemorySegment(Memory.ALL, t + 7 * step, ORDER);
            e8.intoMemorySegment(Memory.ALL, t + 8 * step, ORDER);
            e9.intoMemorySegment(Memory.ALL, t + 9 * step, ORDER);
            e10.intoMemorySegment(Memory.ALL, t + 10 * step, ORDER);
            e11.intoMemorySegment(Memory.ALL, t + 11 * step, ORDER);
            e12.intoMemorySegment(Memory.ALL, t + 12 * step, ORDER);
            e13.intoMemorySegment(Memory.ALL, t + 13 * step, ORDER);
            e14.intoMemorySegment(Memory.ALL, t + 14 * step, ORDER);
            e15.intoMemorySegment(Memory.ALL, t + 15 * step, ORDER);
        }
    }
}
