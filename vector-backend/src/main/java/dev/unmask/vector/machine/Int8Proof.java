package dev.unmask.vector.machine;

import dev.unmask.tensor.kernel.Int8Gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Small products of int8 that a product must get right to the last bit before anything relies on it: every shape that
 * its functions tell apart, whole and partial groups, with and without a sum to start from, the extremes of integers,
 * and scales that overflow, vanish or are no numbers. It takes a few milliseconds.
 */
final class Int8Proof {
    private static final int STEPS = Int8Gemm.GROUP + Int8Product.BLOCK + 3;
    private static final int MARGIN = 3;
    private static final int ALIGNMENT = 64;
    private static final float SENTINEL = 12345;
    private static final float[] FACTORS = {
        1, 0x1p-20f, 3.1f, 0, Float.NaN, 0x1p100f, 0x1p-140f, 0.37f, 1e30f, 1e-30f, 7, 1 / 127f
    };

    private final Int8Product product;
    private final SplittableRandom random = new SplittableRandom(1);
    private final int[][] left;
    private final int[][] right;
    private final float[][] factors;
    private final float[] scales;

    private Int8Proof(Int8Product product, int rows) {
        this.product = product;
        left = integers(rows, -127);
        right = integers(Int8Product.COLUMNS, -128);
        factors = new float[rows][Int8Product.groups(STEPS)];
        for (int row = 0; row < rows; row++) {
            for (int group = 0; group < factors[row].length; group++) {
                factors[row][group] = FACTORS[(row * 5 + group) % FACTORS.length];
            }
        }
        scales = new float[Int8Product.COLUMNS];
        for (int column = 0; column < scales.length; column++) {
            scales[column] = column % 7 == 3 ? FACTORS[column % FACTORS.length] : 0.01f + column;
        }
    }

    /**
     * Tries a product.
     *
     * @param product what to try
     * @return what it got wrong first; empty if nothing
     */
    static Optional<String> fault(Int8Product product) {
        for (int rows = 1; rows <= 2 * Int8Product.PANEL + 1; rows += rows < 9 ? 1 : 8) {
            Int8Proof proof = new Int8Proof(product, rows);
            for (int columns = 16 - rows % 16; columns <= Int8Product.COLUMNS; columns += Int8Product.PANEL) {
                for (int steps : new int[] {STEPS, Int8Gemm.GROUP, 5}) {
                    Optional<String> wrong = proof.firstWrong(columns, steps, (rows + steps) % 2 == 0);
                    if (wrong.isPresent()) {
                        String shape = rows + " x " + columns + " sums of " + steps + " terms: ";
                        return wrong.map(found -> product.description() + ": " + shape + found);
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Rows of the least, of the greatest, and of any numbers. */
    private int[][] integers(int items, int least) {
        int[][] all = new int[items][STEPS];
        for (int item = 0; item < items; item++) {
            for (int step = 0; step < STEPS; step++) {
                all[item][step] = item % 5 == 1 ? least : item % 5 == 3 ? 127 : random.nextInt(least, 128);
            }
        }
        return all;
    }

    private Optional<String> firstWrong(int columns, int steps, boolean withBase) {
        int rows = left.length;
        int width = columns + 2 * MARGIN;
        float[] base = new float[(rows + 2) * width];
        for (int i = 0; i < base.length; i++) {
            base[i] = (i * 37 % 101 - 50) * 0.3f;
        }
        float[] results = new float[base.length];
        Arrays.fill(results, SENTINEL);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment c = inMemory(arena, results);
            long first = (width + MARGIN) * (long) Float.BYTES;
            product.multiply(
                    rows,
                    columns,
                    steps,
                    packedLeft(arena, steps).address(),
                    packedRight(arena, steps).address(),
                    inMemory(arena, Arrays.copyOf(scales, columns)).address(),
                    withBase ? inMemory(arena, base).address() + first : 0,
                    c.address() + first,
                    (long) width * Float.BYTES,
                    arena.allocate(Math.max(1, product.scratchBytes()), ALIGNMENT).address());
            MemorySegment.ofArray(results).copyFrom(c);
        }
        for (int i = 0; i < results.length; i++) {
            int row = i / width - 1;
            int column = i % width - MARGIN;
            boolean inside = row >= 0 && row < rows && column >= 0 && column < columns;
            float expected = inside ? expected(row, column, steps, withBase, base[i]) : SENTINEL;
            if (Float.compare(results[i], expected) != 0) {
                return Optional.of("found " + results[i] + " at " + row + ", " + column + ", expected " + expected);
            }
        }
        return Optional.empty();
    }

    private float expected(int row, int column, int steps, boolean withBase, float base) {
        float result = base;
        for (int group = 0; group < Int8Product.groups(steps); group++) {
            int from = group * Int8Gemm.GROUP;
            int sum = 0;
            for (int step = from; step < Math.min(steps, from + Int8Gemm.GROUP); step++) {
                sum += left[row][step] * right[column][step];
            }
            float scaled = sum * scales[column];
            boolean first = group == 0 && !withBase;
            result = first ? scaled * factors[row][group] : Math.fma(scaled, factors[row][group], result);
        }
        return result;
    }

    private MemorySegment packedLeft(Arena arena, int steps) {
        long panels = Math.ceilDiv(left.length, Int8Product.PANEL);
        MemorySegment packed = arena.allocate(panels * Int8Product.bytesOfA(steps), ALIGNMENT);
        for (int row = 0; row < left.length; row++) {
            long panel = row / Int8Product.PANEL * Int8Product.bytesOfA(steps);
            int place = row % Int8Product.PANEL;
            for (int group = 0; group < Int8Product.groups(steps); group++) {
                long header = panel + Int8Product.groupOfA(group);
                int sum = 0;
                for (int step = 0; step < Math.min(Int8Gemm.GROUP, steps - group * Int8Gemm.GROUP); step++) {
                    int value = left[row][group * Int8Gemm.GROUP + step];
                    long word = header + Int8Product.HEADER_BYTES + place * 64L + step % 16 * 4L;
                    packed.set(ValueLayout.JAVA_BYTE, blockOf(word, step), (byte) value);
                    sum += value;
                }
                packed.set(ValueLayout.JAVA_FLOAT, header + place * 4L, factors[row][group]);
                packed.set(ValueLayout.JAVA_INT, header + 64 + place * 4L, -128 * sum);
            }
        }
        return packed;
    }

    private MemorySegment packedRight(Arena arena, int steps) {
        MemorySegment packed = arena.allocate(Int8Product.bytesOfB(steps), ALIGNMENT);
        for (int column = 0; column < right.length; column++) {
            for (int step = 0; step < steps; step++) {
                int group = step / Int8Gemm.GROUP;
                int inGroup = step % Int8Gemm.GROUP;
                long vector = (long) column / 16 * Int8Product.blocksOf(steps, group) * Int8Product.BLOCK_BYTES;
                long word = Int8Product.groupOfB(group) + vector + inGroup % 16 * 64L + column % 16 * 4L;
                packed.set(ValueLayout.JAVA_BYTE, blockOf(word, inGroup), (byte) (right[column][step] + 128));
            }
        }
        return packed;
    }

    /** Where a step lies whose word would lie there in the first block. */
    private static long blockOf(long word, int step) {
        int block = step / Int8Product.BLOCK;
        return word + (long) block * Int8Product.BLOCK_BYTES + step % Int8Product.BLOCK / 16;
    }

    private static MemorySegment inMemory(Arena arena, float[] values) {
        MemorySegment memory = arena.allocate((long) values.length * Float.BYTES, ALIGNMENT);
        memory.copyFrom(MemorySegment.ofArray(values));
        return memory;
    }
}
