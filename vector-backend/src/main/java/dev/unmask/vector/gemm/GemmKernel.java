package dev.unmask.vector.gemm;

import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.unmask.vector.lanes.Memory;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The micro-kernel of the matrix product: a tile of {@link #MR} × {@link #NR} results, held in registers while {@code
 * k} outer products are added to it (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008;
 * Van Zee and van de Geijn, "BLIS", 2015). It reads packed panels: {@code k} steps of {@code MR} floats of A, each
 * broadcast, and of {@code NR} floats of B, two vectors. Where {@link dev.unmask.vector.machine.Float32Product} can be
 * used, it takes the place of this one but for a row alone, and gives the same bits.
 *
 * <p>Every element is a chain of fused multiply-adds in ascending {@code k}, then one addition of the addend. Neither
 * the tile it falls into nor the width of a vector changes that, so neither changes its bits.
 *
 * <p>The tile was chosen by measurement, on packed operands in the first-level cache with k = 512, one thread, Temurin
 * 25.0.3, EPYC (Zen 5), 2026-11, where a loop of register-only fused multiply-adds reaches 245 GFLOP/s at 512 bits and
 * 127 at 256:
 *
 * <pre>
 * 512 bits: 8×2 239, 12×2 239, 14×2 238, 13×2 236, 6×4 245, 9×3 205, 8×3 46 GFLOP/s
 * 256 bits: 12×2 122, 6×2 121
 * </pre>
 *
 * 8×2 keeps rows of 32 columns, which divide the usual widths of models, and its loop is one that C2 always inlines
 * whole: it stops inlining once a method has 18,000 nodes, of which a row takes 1,650 (the access to memory 610, the
 * broadcast 130, each fused multiply-add 460). What comes later is inlined in the end, too, but in about half of the
 * JVMs that compiled it again each sum of those rows was an object then, for a reason that was not found: 12×2
 * allocated 0.4 MB for 64×64×64. To stay below the limit all sums begin with the same zero.
 *
 * <p>With AVX2, where there are sixteen registers, 6×2 fits them, but C2 unrolls the loop, loads for several steps
 * ahead and puts sums away for that: 34 to 40 of 98 GFLOP/s on an EPYC of Zen 3, where machine code makes 80 to 90. 4×2
 * was no faster, and with {@code -XX:LoopUnrollLimit=0} 39 to 43.
 *
 * <p>The loops call the segment's own accessors, which C2 always inlines. A method of ours between, however small,
 * counts against its limit on inlined code; beyond that it is called, every accumulator is saved around the call, and
 * the tile runs at 40 GFLOP/s. For the same reason accumulators are stored here and nowhere else.
 */
public final class GemmKernel {
    /** Rows of a tile. */
    static final int MR = LANES == 8 ? 6 : 8;

    /** Columns of a tile. */
    static final int NR = 2 * LANES;

    private static final long A_STEP = MR * 4L;
    private static final long B_STEP = 2L * BYTES;

    private GemmKernel() {}

    /** Bytes of scratch that {@link #tile} needs. */
    static long edgeBytes() {
        return (long) MR * NR * Float.BYTES;
    }

    /**
     * Computes one tile: {@code C = A · B + D}.
     *
     * @param rows rows of the tile that exist, in {@code [1, MR]}
     * @param columns columns of the tile that exist, in {@code [1, NR]}
     * @param k how many outer products
     * @param aPanel packed {@code [k, MR]}
     * @param bPanel packed {@code [k, NR]}
     * @param addend where the tile of D starts, or 0 for none; may be {@code c}
     * @param c where the tile of C starts
     * @param stride bytes from a row of C, and of D, to the next
     * @param edge scratch of {@link #edgeBytes()}, where a tile waits that cannot be stored as it is
     */
    static void tile(
            int rows, int columns, int k, long aPanel, long bPanel, long addend, long c, long stride, long edge) {
        int computed = rows > 4 ? MR : rows > 1 ? 4 : 1;
        if (rows == computed && columns == NR && addend == 0) {
            multiply(computed, k, aPanel, bPanel, c, stride);
        } else {
            multiply(computed, k, aPanel, bPanel, edge, B_STEP);
            add(rows, columns, edge, addend, c, stride);
        }
    }

    /**
     * Computes one row of a tile, whose elements of A may lie apart.
     *
     * @param columns columns of the tile that exist, in {@code [1, NR]}
     * @param k how many products
     * @param a the first element of A
     * @param aStep bytes from an element of A to the next
     * @param bPanel packed {@code [k, NR]}
     * @param addend where the row of D starts, or 0 for none; may be {@code c}
     * @param c where the row of C starts
     * @param edge scratch of {@link #edgeBytes()}
     */
    static void row(int columns, int k, long a, long aStep, long bPanel, long addend, long c, long edge) {
        if (columns == NR && addend == 0) {
            rows1(k, a, aStep, bPanel, c);
        } else {
            rows1(k, a, aStep, bPanel, edge);
            add(1, columns, edge, addend, c, 0);
        }
    }

    private static void multiply(int rows, int k, long aPanel, long bPanel, long c, long stride) {
        switch (rows) {
            case 1 -> rows1(k, aPanel, A_STEP, bPanel, c);
            case 4 -> rows4(k, aPanel, bPanel, c, stride);
            case 6 -> rows6(k, aPanel, bPanel, c, stride);
            default -> rows8(k, aPanel, bPanel, c, stride);
        }
    }

    private static void add(int rows, int columns, long tile, long addend, long c, long stride) {
        int whole = FLOATS.loopBound(columns);
        VectorMask<Float> rest = FLOATS.indexInRange(whole, columns);
        for (int i = 0; i < rows; i++) {
            long row = i * stride;
            for (int j = 0; j < whole; j += LANES) {
                FloatVector value = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, tile + j * 4L, ORDER);
                if (addend != 0) {
                    value = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, addend + row + j * 4L, ORDER).add(value);
                }
                value.intoMemorySegment(Memory.ALL, c + row + j * 4L, ORDER);
            }
            if (whole < columns) {
                long offset = row + whole * 4L;
                FloatVector value = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, tile + whole * 4L, ORDER);
                if (addend != 0) {
                    value = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, addend + offset, ORDER, rest).add(value);
                }
                value.intoMemorySegment(Memory.ALL, c + offset, ORDER, rest);
            }
            tile += B_STEP;
        }
    }

    private static void rows8(int k, long aPanel, long bPanel, long c, long stride) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c0a = zero;
        FloatVector c0b = zero;
        FloatVector c1a = zero;
        FloatVector c1b = zero;
        FloatVector c2a = zero;
        FloatVector c2b = zero;
        FloatVector c3a = zero;
        FloatVector c3b = zero;
        FloatVector c4a = zero;
        FloatVector c4b = zero;
        FloatVector c5a = zero;
        FloatVector c5b = zero;
        FloatVector c6a = zero;
        FloatVector c6b = zero;
        FloatVector c7a = zero;
        FloatVector c7b = zero;
        for (int p = 0; p < k; p++) {
            long a = aPanel + p * A_STEP;
            long b = bPanel + p * B_STEP;
            FloatVector left = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b + BYTES, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a));
            c0a = a0.fma(left, c0a);
            c0b = a0.fma(right, c0b);
            FloatVector a1 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 4));
            c1a = a1.fma(left, c1a);
            c1b = a1.fma(right, c1b);
            FloatVector a2 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 8));
            c2a = a2.fma(left, c2a);
            c2b = a2.fma(right, c2b);
            FloatVector a3 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 12));
            c3a = a3.fma(left, c3a);
            c3b = a3.fma(right, c3b);
            FloatVector a4 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 16));
            c4a = a4.fma(left, c4a);
            c4b = a4.fma(right, c4b);
            FloatVector a5 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 20));
            c5a = a5.fma(left, c5a);
            c5b = a5.fma(right, c5b);
            FloatVector a6 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 24));
            c6a = a6.fma(left, c6a);
            c6b = a6.fma(right, c6b);
            FloatVector a7 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 28));
            c7a = a7.fma(left, c7a);
            c7b = a7.fma(right, c7b);
        }
        c0a.intoMemorySegment(Memory.ALL, c, ORDER);
        c0b.intoMemorySegment(Memory.ALL, c + BYTES, ORDER);
        c1a.intoMemorySegment(Memory.ALL, c + stride, ORDER);
        c1b.intoMemorySegment(Memory.ALL, c + stride + BYTES, ORDER);
        c2a.intoMemorySegment(Memory.ALL, c + 2 * stride, ORDER);
        c2b.intoMemorySegment(Memory.ALL, c + 2 * stride + BYTES, ORDER);
        c3a.intoMemorySegment(Memory.ALL, c + 3 * stride, ORDER);
        c3b.intoMemorySegment(Memory.ALL, c + 3 * stride + BYTES, ORDER);
        c4a.intoMemorySegment(Memory.ALL, c + 4 * stride, ORDER);
        c4b.intoMemorySegment(Memory.ALL, c + 4 * stride + BYTES, ORDER);
        c5a.intoMemorySegment(Memory.ALL, c + 5 * stride, ORDER);
        c5b.intoMemorySegment(Memory.ALL, c + 5 * stride + BYTES, ORDER);
        c6a.intoMemorySegment(Memory.ALL, c + 6 * stride, ORDER);
        c6b.intoMemorySegment(Memory.ALL, c + 6 * stride + BYTES, ORDER);
        c7a.intoMemorySegment(Memory.ALL, c + 7 * stride, ORDER);
        c7b.intoMemorySegment(Memory.ALL, c + 7 * stride + BYTES, ORDER);
    }

    private static void rows6(int k, long aPanel, long bPanel, long c, long stride) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c0a = zero;
        FloatVector c0b = zero;
        FloatVector c1a = zero;
        FloatVector c1b = zero;
        FloatVector c2a = zero;
        FloatVector c2b = zero;
        FloatVector c3a = zero;
        FloatVector c3b = zero;
        FloatVector c4a = zero;
        FloatVector c4b = zero;
        FloatVector c5a = zero;
        FloatVector c5b = zero;
        for (int p = 0; p < k; p++) {
            long a = aPanel + p * A_STEP;
            long b = bPanel + p * B_STEP;
            FloatVector left = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b + BYTES, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a));
            c0a = a0.fma(left, c0a);
            c0b = a0.fma(right, c0b);
            FloatVector a1 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 4));
            c1a = a1.fma(left, c1a);
            c1b = a1.fma(right, c1b);
            FloatVector a2 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 8));
            c2a = a2.fma(left, c2a);
            c2b = a2.fma(right, c2b);
            FloatVector a3 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 12));
            c3a = a3.fma(left, c3a);
            c3b = a3.fma(right, c3b);
            FloatVector a4 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 16));
            c4a = a4.fma(left, c4a);
            c4b = a4.fma(right, c4b);
            FloatVector a5 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 20));
            c5a = a5.fma(left, c5a);
            c5b = a5.fma(right, c5b);
        }
        c0a.intoMemorySegment(Memory.ALL, c, ORDER);
        c0b.intoMemorySegment(Memory.ALL, c + BYTES, ORDER);
        c1a.intoMemorySegment(Memory.ALL, c + stride, ORDER);
        c1b.intoMemorySegment(Memory.ALL, c + stride + BYTES, ORDER);
        c2a.intoMemorySegment(Memory.ALL, c + 2 * stride, ORDER);
        c2b.intoMemorySegment(Memory.ALL, c + 2 * stride + BYTES, ORDER);
        c3a.intoMemorySegment(Memory.ALL, c + 3 * stride, ORDER);
        c3b.intoMemorySegment(Memory.ALL, c + 3 * stride + BYTES, ORDER);
        c4a.intoMemorySegment(Memory.ALL, c + 4 * stride, ORDER);
        c4b.intoMemorySegment(Memory.ALL, c + 4 * stride + BYTES, ORDER);
        c5a.intoMemorySegment(Memory.ALL, c + 5 * stride, ORDER);
        c5b.intoMemorySegment(Memory.ALL, c + 5 * stride + BYTES, ORDER);
    }

    private static void rows4(int k, long aPanel, long bPanel, long c, long stride) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c0a = zero;
        FloatVector c0b = zero;
        FloatVector c1a = zero;
        FloatVector c1b = zero;
        FloatVector c2a = zero;
        FloatVector c2b = zero;
        FloatVector c3a = zero;
        FloatVector c3b = zero;
        for (int p = 0; p < k; p++) {
            long a = aPanel + p * A_STEP;
            long b = bPanel + p * B_STEP;
            FloatVector left = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b + BYTES, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a));
            c0a = a0.fma(left, c0a);
            c0b = a0.fma(right, c0b);
            FloatVector a1 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 4));
            c1a = a1.fma(left, c1a);
            c1b = a1.fma(right, c1b);
            FloatVector a2 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 8));
            c2a = a2.fma(left, c2a);
            c2b = a2.fma(right, c2b);
            FloatVector a3 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + 12));
            c3a = a3.fma(left, c3a);
            c3b = a3.fma(right, c3b);
        }
        c0a.intoMemorySegment(Memory.ALL, c, ORDER);
        c0b.intoMemorySegment(Memory.ALL, c + BYTES, ORDER);
        c1a.intoMemorySegment(Memory.ALL, c + stride, ORDER);
        c1b.intoMemorySegment(Memory.ALL, c + stride + BYTES, ORDER);
        c2a.intoMemorySegment(Memory.ALL, c + 2 * stride, ORDER);
        c2b.intoMemorySegment(Memory.ALL, c + 2 * stride + BYTES, ORDER);
        c3a.intoMemorySegment(Memory.ALL, c + 3 * stride, ORDER);
        c3b.intoMemorySegment(Memory.ALL, c + 3 * stride + BYTES, ORDER);
    }

    /** One row, as of a text that is decoded token by token: the others of four would take most of the time. */
    private static void rows1(int k, long a, long aStep, long bPanel, long c) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c0a = zero;
        FloatVector c0b = zero;
        for (int p = 0; p < k; p++) {
            long b = bPanel + p * B_STEP;
            FloatVector left = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, b + BYTES, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, Memory.ALL.get(JAVA_FLOAT_UNALIGNED, a + p * aStep));
            c0a = a0.fma(left, c0a);
            c0b = a0.fma(right, c0b);
        }
        c0a.intoMemorySegment(Memory.ALL, c, ORDER);
        c0b.intoMemorySegment(Memory.ALL, c + BYTES, ORDER);
    }
}
