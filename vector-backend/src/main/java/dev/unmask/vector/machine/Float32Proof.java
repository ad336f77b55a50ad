package dev.unmask.vector.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Small products of float32 that a product must get right to the last bit before anything relies on it: every number of
 * rows of a tile and several tiles, whole and partial vectors, factors at any strides, sums that begin with zero, with
 * what is there or are added to something, and numbers that overflow, vanish or are none. It takes a few milliseconds.
 */
final class Float32Proof {
    private static final int STEPS = 3;
    private static final int MARGIN = 3;
    private static final int ALIGNMENT = 64;
    private static final float SENTINEL = 12345;
    private static final float[] FACTORS = {
        1, 0x1p-20f, 3.1f, 0, Float.NaN, 0x1p100f, 0x1p-140f, -0.37f, 1e30f, -1e-30f, 7, 1 / 127f
    };

    private final int rows;
    private final int columns;
    private final int width;
    private final boolean chain;
    private final boolean withBase;
    private final boolean transposed;

    private Float32Proof(int rows, int columns, int variant) {
        this.rows = rows;
        this.columns = columns;
        width = columns + 2 * MARGIN;
        chain = variant == 0;
        withBase = variant == 1;
        transposed = variant == 2;
    }

    /**
     * Tries a product.
     *
     * @param product what to try
     * @return what it got wrong first; empty if nothing
     */
    static Optional<String> fault(Float32Product product) {
        int tile = product.rows();
        int lanes = product.size().lanes();
        int[] widths = {1, lanes, lanes + 3, 2 * lanes};
        for (int rows = 1; rows <= 2 * tile + 1; rows += rows < tile ? 1 : tile + 1) {
            for (int i = 0; i < widths.length; i++) {
                for (int steps : new int[] {STEPS, (rows + i) % 3}) {
                    Float32Proof proof = new Float32Proof(rows, widths[i], (rows + i) % 4);
                    Optional<String> wrong = proof.firstWrong(product, steps);
                    if (wrong.isPresent()) {
                        String shape = rows + " x " + widths[i] + " sums of " + steps + " terms: ";
                        return wrong.map(found -> product.description() + ": " + shape + found);
                    }
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> firstWrong(Float32Product product, int steps) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment c = floats(arena, (rows + 2) * width);
            MemorySegment base = floats(arena, (rows + 2) * width);
            MemorySegment a = floats(arena, rows * (steps + 1));
            MemorySegment b = floats(arena, steps * columns + product.columns());
            for (int i = 0; i < (rows + 2) * width; i++) {
                c.setAtIndex(ValueLayout.JAVA_FLOAT, i, isResult(i) ? i % 7 : SENTINEL);
                base.setAtIndex(ValueLayout.JAVA_FLOAT, i, (i * 37 % 101 - 50) * 0.3f);
            }
            for (int i = 0; i < rows * (steps + 1); i++) {
                a.setAtIndex(ValueLayout.JAVA_FLOAT, i, FACTORS[i * 5 % FACTORS.length]);
            }
            for (int i = 0; i < steps * columns + product.columns(); i++) {
                b.setAtIndex(ValueLayout.JAVA_FLOAT, i, i % 11 == 3 ? FACTORS[i % FACTORS.length] : i * 0.01f - 0.2f);
            }
            float[] expected = new float[(rows + 2) * width];
            for (int i = 0; i < expected.length; i++) {
                float there = c.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                float added = base.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                expected[i] = isResult(i) ? sum(i, steps, a, b, there, added) : there;
            }
            long first = (width + MARGIN) * (long) Float.BYTES;
            product.multiply(
                    rows,
                    columns,
                    steps,
                    a.address(),
                    rowOfA(steps),
                    stepOfA(),
                    rowOfA(steps) * product.rows(),
                    b.address(),
                    columns * 4L,
                    chain,
                    withBase ? base.address() + first : 0,
                    c.address() + first,
                    width * 4L,
                    b.address(),
                    steps * columns * 4L);
            for (int i = 0; i < expected.length; i++) {
                float found = c.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                if (Float.compare(found, expected[i]) != 0) {
                    String place = (i / width - 1) + ", " + (i % width - MARGIN);
                    return Optional.of("found " + found + " at " + place + ", expected " + expected[i]);
                }
            }
        }
        return Optional.empty();
    }

    private float sum(int i, int steps, MemorySegment a, MemorySegment b, float there, float added) {
        int row = i / width - 1;
        int column = i % width - MARGIN;
        float sum = chain ? there : 0;
        for (int step = 0; step < steps; step++) {
            long at = row * rowOfA(steps) + step * stepOfA();
            float left = a.get(ValueLayout.JAVA_FLOAT, at);
            sum = Math.fma(left, b.getAtIndex(ValueLayout.JAVA_FLOAT, step * columns + column), sum);
        }
        return withBase ? sum + added : sum;
    }

    /** Bytes from an element of A to the one below; rows that are not columns have a gap after them. */
    private long rowOfA(int steps) {
        return Float.BYTES * (transposed ? 1L : steps + 1L);
    }

    /** Bytes from an element of A to the one on its right. */
    private long stepOfA() {
        return Float.BYTES * (transposed ? (long) rows : 1);
    }

    private boolean isResult(int i) {
        int row = i / width - 1;
        int column = i % width - MARGIN;
        return row >= 0 && row < rows && column >= 0 && column < columns;
    }

    private static MemorySegment floats(Arena arena, int count) {
        return arena.allocate((long) count * Float.BYTES, ALIGNMENT);
    }
}
