package dev.unmask.vector.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Small products that machine code must get right when it is loaded, before anything relies on it: every shape that its
 * functions tell apart, with and without a sum to start from, and numbers of every kind. It takes a few milliseconds.
 *
 * <p>The numbers are small integers times powers of two, so that every sum has one right answer in float32, whatever
 * its order, and a single wrong bit shows.
 */
final class ProductProof {
    private static final int BLOCKS = 2;
    private static final int STEPS = BLOCKS * BFloat16Product.BLOCK;
    private static final int PANEL = BFloat16Product.PANEL;
    private static final int MARGIN = 3;
    private static final int ALIGNMENT = 64;
    private static final float SENTINEL = 12345;

    /** Subnormal results may be zero: each term and the sum may lose this much. */
    private static final double FLUSHED = (STEPS + 2) * (double) Float.MIN_NORMAL;

    /** What is multiplied: factors of one kind each. */
    enum Numbers {
        /** Around one. */
        USUAL(1, 1),
        /** Their products are subnormal. */
        SMALL(0x1p-66f, 0x1p-66f),
        /** The left ones are subnormal, which counts as zero, although the products would not be. */
        SUBNORMAL(0x1p-128f, 0x1p60f),
        /** Their sums are just below the largest number. */
        LARGE(0x1p60f, 0x1p60f),
        /** Their sums are infinite. */
        OVERFLOWING(0x1p64f, 0x1p64f),
        /** Some are infinite or not a number, which must stay in its row or column. */
        SPECIAL(1, 1);

        final float left;
        final float right;

        Numbers(float left, float right) {
            this.left = left;
            this.right = right;
        }

        float left(int row, int step) {
            if (this == SPECIAL && step == 5 + row) {
                return switch (row) {
                    case 1 -> Float.NaN;
                    case 2 -> Float.POSITIVE_INFINITY;
                    case 3 -> Float.NEGATIVE_INFINITY;
                    default -> 1;
                };
            }
            return this == OVERFLOWING ? (row % 2 == 0 ? left : -left) : left * unit(row, step);
        }

        float right(int column, int step) {
            if (this == SPECIAL && column == 4 && step == 7) {
                // Infinity times zero, in row 2.
                return 0;
            }
            return this == OVERFLOWING ? right : right * unit(column + 101, step);
        }

        float base(int row, int column) {
            return this == OVERFLOWING || this == SUBNORMAL ? 0 : left * right * unit(row, column);
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** An integer of seven bits and a sign, over 128: a bfloat16 as it is. */
        private static float unit(int item, int step) {
            return ((item * 37 + step * 101 + item * step * 11) % 255 - 127) / 128f;
        }
    }

    /** {@link BFloat16Product#multiply}. */
    @FunctionalInterface
    interface Function {
        void multiply(int rows, int columns, int blocks, long a, long b, long base, long c, long stride, long scratch);
    }

    private final Function function;
    private final int rows;
    private final int columns;
    private final int scratchBytes;

    /**
     * What is to be proved.
     *
     * @param function computes products
     * @param rows that it computes at a time
     * @param columns that it computes at a time, at the most
     * @param scratchBytes that it needs
     */
    ProductProof(Function function, int rows, int columns, int scratchBytes) {
        this.function = function;
        this.rows = rows;
        this.columns = columns;
        this.scratchBytes = scratchBytes;
    }

    /**
     * Tries machine code.
     *
     * @param product what to try
     * @return what it got wrong first; empty if nothing
     */
    static Optional<String> fault(BFloat16Product product) {
        return new ProductProof(product::multiply, product.rows(), product.columns(), product.scratchBytes())
                .fault()
                .map(fault -> product.description() + ": " + fault);
    }

    /** What is wrong first; empty if nothing. */
    Optional<String> fault() {
        for (Numbers numbers : Numbers.values()) {
            Optional<String> fault = fault(numbers);
            if (fault.isPresent()) {
                return fault;
            }
        }
        return Optional.empty();
    }

    private Optional<String> fault(Numbers numbers) {
        try (Arena arena = Arena.ofConfined()) {
            // As many panels as may be read.
            float[][] left = values(2 * rows, numbers::left);
            float[][] right = values(columns, numbers::right);
            MemorySegment a = packed(arena, left, true);
            MemorySegment b = packed(arena, right, false);
            for (int some : numbers == Numbers.USUAL ? new int[] {1, 2, 3, 4, 5, 6, 7, 8, rows + 1} : new int[] {5}) {
                for (int panels = 1; panels <= columns / PANEL; panels++) {
                    Result result = new Result(some, panels * PANEL - some % PANEL);
                    float[] base = some % 2 == 0 ? result.filled(numbers::base) : new float[0];
                    run(arena, result, a, b, base);
                    Optional<String> wrong = result.firstWrong(left, right, base);
                    if (wrong.isPresent()) {
                        return wrong.map(found -> result + " of " + numbers + " numbers: " + found);
                    }
                }
            }
        }
        return Optional.empty();
    }

    private void run(Arena arena, Result result, MemorySegment a, MemorySegment b, float[] base) {
        MemorySegment c = inMemory(arena, result.values);
        MemorySegment scratch = arena.allocate(Math.max(1, scratchBytes), ALIGNMENT);
        long first = (long) result.at(0, 0) * Float.BYTES;
        function.multiply(
                result.rows,
                result.columns,
                BLOCKS,
                a.address(),
                b.address(),
                base.length == 0 ? 0 : inMemory(arena, base).address() + first,
                c.address() + first,
                (long) result.width * Float.BYTES,
                scratch.address());
        MemorySegment.ofArray(result.values).copyFrom(c);
    }

    private static MemorySegment inMemory(Arena arena, float[] values) {
        MemorySegment memory = arena.allocate((long) values.length * Float.BYTES, ALIGNMENT);
        memory.copyFrom(MemorySegment.ofArray(values));
        return memory;
    }

    private interface Values {
        float at(int item, int place);
    }

    private static float[][] values(int items, Values values) {
        float[][] all = new float[items][STEPS];
        for (int item = 0; item < items; item++) {
            for (int step = 0; step < STEPS; step++) {
                all[item][step] = values.at(item, step);
            }
        }
        return all;
    }

    /** Panels as {@link BFloat16Product} describes them. */
    private static MemorySegment packed(Arena arena, float[][] items, boolean ofRows) {
        short[] panels = new short[items.length * STEPS];
        for (int item = 0; item < items.length; item++) {
            for (int step = 0; step < STEPS; step++) {
                int pair = step % PANEL;
                int inBlock = ofRows ? item % PANEL * PANEL + pair : pair * PANEL + item % PANEL;
                int block = item / PANEL * BLOCKS + step / BFloat16Product.BLOCK;
                int half = step % BFloat16Product.BLOCK / PANEL;
                panels[block * PANEL * BFloat16Product.BLOCK + inBlock * 2 + half] =
                        (short) (Float.floatToRawIntBits(items[item][step]) >>> 16);
            }
        }
        MemorySegment packed = arena.allocate((long) panels.length * Short.BYTES, ALIGNMENT);
        packed.copyFrom(MemorySegment.ofArray(panels));
        return packed;
    }

    /** A result with margins around it, which must stay as they are. */
    private static final class Result {
        final int rows;
        final int columns;
        final int width;
        final float[] values;

        Result(int rows, int columns) {
            this.rows = rows;
            this.columns = columns;
            this.width = columns + 2 * MARGIN;
            this.values = new float[(rows + 2) * width];
            Arrays.fill(values, SENTINEL);
        }

        int at(int row, int column) {
            return (row + 1) * width + MARGIN + column;
        }

        float[] filled(Values base) {
            float[] filled = values.clone();
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    filled[at(row, column)] = base.at(row, column);
                }
            }
            return filled;
        }

        /** Looks at all margins, all edges of panels, and a column of each row that wanders. */
        Optional<String> firstWrong(float[][] left, float[][] right, float[] base) {
            for (int row = -1; row <= rows; row++) {
                for (int column = -MARGIN; column < columns + MARGIN; column++) {
                    float found = values[at(row, column)];
                    boolean inside = row >= 0 && row < rows && column >= 0 && column < columns;
                    if (!inside && found != SENTINEL) {
                        return Optional.of("found " + found + " at " + row + ", " + column + ", outside of them");
                    }
                    if (inside && ((column + 1) % PANEL <= 1 || column == columns - 1 || column == row * 5 % columns)) {
                        double start = base.length == 0 ? 0 : base[at(row, column)];
                        double expected = start + product(left[row], right[column]);
                        if (Double.compare(found, (float) expected) != 0 && !(Math.abs(found - expected) <= FLUSHED)) {
                            return Optional.of(
                                    "found " + found + " at " + row + ", " + column + ", expected " + expected);
                        }
                    }
                }
            }
            return Optional.empty();
        }

        private static double product(float[] left, float[] right) {
            double sum = 0;
            for (int step = 0; step < left.length; step++) {
                sum += (double) normal(left[step]) * normal(right[step]);
            }
            return sum;
        }

        /** Subnormal numbers count as zero. */
        private static float normal(float factor) {
            return Math.abs(factor) < Float.MIN_NORMAL ? 0 : factor;
        }

        @Override
        public String toString() {
            return rows + " x " + columns + " sums";
        }
    }
}
