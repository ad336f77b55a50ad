package dev.unmask.vector.gemm;

import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.INTS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.machine.Float32Product;
import dev.unmask.vector.machine.Int8Product;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

import java.util.Optional;

/**
 * Panels of int8 multiplied in float32, by machine code for that or on the Vector API: the integers and their sums over
 * a group are below 2^24, so that float32 holds each of them exactly. A group of both operands is unpacked to floats
 * first, of A a panel at a time.
 *
 * <p>AVX2 has nothing better without an extension: products of bytes that cannot overflow take as many instructions as
 * those of floats.
 *
 * @param code what multiplies float32, if it is machine code
 */
public record Int8Lanes(Optional<Float32Product> code) implements Int8Product {
    private static final int GROUP = Int8Gemm.GROUP;

    /** Rows of a tile, of 3 vectors of columns: with 12 sums, as many registers are left as AVX2 and NEON need. */
    private static final int TILE = 4;

    private static final int TILE_COLUMNS = VECTORS * LANES;

    private static final long B_STEP = COLUMNS * 4L;
    private static final long A_ROW = GROUP * 4L;
    private static final long SUMS = GROUP * B_STEP;
    private static final long ROWS_OF_A = SUMS + PANEL * B_STEP;

    @Override
    public String description() {
        return code.map(_ -> "float32 by machine code").orElse("the Vector API");
    }

    @Override
    public long scratchBytes() {
        return ROWS_OF_A + PANEL * A_ROW;
    }

    @Override
    public void multiply(
            int rows,
            int columns,
            int steps,
            long a,
            long b,
            long scales,
            long base,
            long c,
            long stride,
            long scratch) {
        long panelBytes = Int8Product.bytesOfA(steps);
        long addend = base;
        for (int group = 0; group < Int8Product.groups(steps); group++) {
            int blocks = Int8Product.blocksOf(steps, group);
            unpackColumns(b + Int8Product.groupOfB(group), blocks, Math.ceilDiv(columns, PANEL), scratch);
            for (int i = 0; i < rows; i += PANEL) {
                long header = a + i / PANEL * panelBytes + Int8Product.groupOfA(group);
                int present = Math.min(PANEL, rows - i);
                for (int row = 0; row < Math.ceilDiv(present, TILE) * TILE; row++) {
                    unpackRow(header + HEADER_BYTES + row * (long) BLOCK, blocks, scratch + ROWS_OF_A + row * A_ROW);
                }
                sum(present, columns, blocks * BLOCK, scratch);
                for (int row = 0; row < present; row++) {
                    long factors = header + row * 4L;
                    long offset = (i + row) * stride;
                    scale(
                            columns,
                            scratch + SUMS + row * B_STEP,
                            Memory.i32(factors + PANEL * 4L),
                            scales,
                            Memory.f32(factors),
                            addend == 0 ? 0 : addend + offset,
                            c + offset);
                }
            }
            addend = c;
        }
    }

    /** Sums of some rows, of what has been unpacked. */
    private void sum(int rows, int columns, int steps, long scratch) {
        if (code.isPresent()) {
            sum(code.get(), rows, columns, steps, scratch);
            return;
        }
        for (int row = 0; row < rows; row += TILE) {
            for (int j = 0; j < columns; j += TILE_COLUMNS) {
                long sums = scratch + SUMS + row * B_STEP + j * 4L;
                tile(steps, scratch + ROWS_OF_A + row * A_ROW, scratch + j * 4L, sums);
            }
        }
    }

    private static void sum(Float32Product product, int rows, int columns, int steps, long scratch) {
        long tile = product.rows() * A_ROW;
        for (int j = 0; j < columns; j += product.columns()) {
            int width = Math.min(product.columns(), columns - j);
            product.multiply(
                    rows,
                    width,
                    steps,
                    scratch + ROWS_OF_A,
                    A_ROW,
                    Float.BYTES,
                    tile,
                    scratch + j * 4L,
                    B_STEP,
                    false,
                    0,
                    scratch + SUMS + j * 4L,
                    B_STEP,
                    scratch,
                    0);
        }
    }

    /** {@code [blocks · 64][48]} floats, steps in the order of the bytes of words. */
    private static void unpackColumns(long source, int blocks, int vectors, long target) {
        for (int vector = 0; vector < vectors; vector++) {
            for (int word = 0; word < blocks * PANEL; word++) {
                long s = source + ((long) vector * blocks * PANEL + word) * BLOCK;
                long step = (long) word / PANEL * BLOCK + word % PANEL;
                long t = target + step * B_STEP + vector * (PANEL * 4L);
                for (int lane = 0; lane < BLOCK; lane += BYTES) {
                    IntVector four = IntVector.fromMemorySegment(INTS, Memory.ALL, s + lane, ORDER);
                    for (int number = 0; number < 4; number++) {
                        floats(four.lanewise(VectorOperators.LSHR, number * Byte.SIZE).and(0xFF))
                                .intoMemorySegment(Memory.ALL, t + number * PANEL * B_STEP + lane, ORDER);
                    }
                }
            }
        }
    }

    private static void unpackRow(long source, int blocks, long target) {
        for (int block = 0; block < blocks; block++) {
            for (int lane = 0; lane < BLOCK; lane += BYTES) {
                long s = source + (long) block * BLOCK_BYTES + lane;
                IntVector four = IntVector.fromMemorySegment(INTS, Memory.ALL, s, ORDER);
                for (int number = 0; number < 4; number++) {
                    long t = target + (block * BLOCK + number * PANEL) * 4L + lane;
                    floats(
                                    four.lanewise(VectorOperators.LSHL, (3 - number) * Byte.SIZE)
                                            .lanewise(VectorOperators.ASHR, 3 * Byte.SIZE))
                            .intoMemorySegment(Memory.ALL, t, ORDER);
                }
            }
        }
    }

    private static FloatVector floats(IntVector integers) {
        return (FloatVector) integers.convert(VectorOperators.I2F, 0);
    }

    /** Sums of {@link #TILE} rows by 3 vectors of columns. */
    private static void tile(int steps, long a, long b, long sums) {
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
        for (int step = 0; step < steps; step++) {
            long r = b + step * B_STEP;
            long q = a + step * 4L;
            FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + BYTES, ORDER);
            FloatVector b2 = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, r + 2L * BYTES, ORDER);
            FloatVector a0 = FloatVector.broadcast(FLOATS, Memory.f32(q));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            FloatVector a1 = FloatVector.broadcast(FLOATS, Memory.f32(q + A_ROW));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            FloatVector a2 = FloatVector.broadcast(FLOATS, Memory.f32(q + 2 * A_ROW));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
            FloatVector a3 = FloatVector.broadcast(FLOATS, Memory.f32(q + 3 * A_ROW));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            s32 = a3.fma(b2, s32);
        }
        s00.intoMemorySegment(Memory.ALL, sums, ORDER);
        s01.intoMemorySegment(Memory.ALL, sums + BYTES, ORDER);
        s02.intoMemorySegment(Memory.ALL, sums + 2L * BYTES, ORDER);
        s10.intoMemorySegment(Memory.ALL, sums + B_STEP, ORDER);
        s11.intoMemorySegment(Memory.ALL, sums + B_STEP + BYTES, ORDER);
        s12.intoMemorySegment(Memory.ALL, sums + B_STEP + 2L * BYTES, ORDER);
        s20.intoMemorySegment(Memory.ALL, sums + 2 * B_STEP, ORDER);
        s21.intoMemorySegment(Memory.ALL, sums + 2 * B_STEP + BYTES, ORDER);
        s22.intoMemorySegment(Memory.ALL, sums + 2 * B_STEP + 2L * BYTES, ORDER);
        s30.intoMemorySegment(Memory.ALL, sums + 3 * B_STEP, ORDER);
        s31.intoMemorySegment(Memory.ALL, sums + 3 * B_STEP + BYTES, ORDER);
        s32.intoMemorySegment(Memory.ALL, sums + 3 * B_STEP + 2L * BYTES, ORDER);
    }

    private static void scale(
            int columns, long sums, int correction, long scales, float factor, long base, long target) {
        int whole = FLOATS.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = j * 4L;
            FloatVector scaled =
                    FloatVector.fromMemorySegment(FLOATS, Memory.ALL, sums + at, ORDER)
                            .add(correction)
                            .mul(FloatVector.fromMemorySegment(FLOATS, Memory.ALL, scales + at, ORDER));
            FloatVector result =
                    base == 0
                            ? scaled.mul(factor)
                            : scaled.fma(
                                    FloatVector.broadcast(FLOATS, factor),
                                    FloatVector.fromMemorySegment(FLOATS, Memory.ALL, base + at, ORDER));
            result.intoMemorySegment(Memory.ALL, target + at, ORDER);
        }
        for (int j = whole; j < columns; j++) {
            long at = j * 4L;
            float scaled = (Memory.f32(sums + at) + correction) * Memory.f32(scales + at);
            Memory.f32(target + at, base == 0 ? scaled * factor : Math.fma(scaled, factor, Memory.f32(base + at)));
        }
    }
}
