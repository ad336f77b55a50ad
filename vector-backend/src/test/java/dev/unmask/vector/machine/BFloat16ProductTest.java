package dev.unmask.vector.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Every product of packed panels is the sum that plain arithmetic gives, and touches nothing else. */
class BFloat16ProductTest {
    private static final float SENTINEL = 12345;
    private static final int MARGIN = 7;

    /** A way to run code: the processor, or {@link TileMachine}. */
    private interface Function {
        void run(Operands o);
    }

    /** What the factors are. */
    private enum Factors {
        UP_TO_ONE {
            @Override
            float next(Random random) {
                return random.nextFloat(-1, 1);
            }
        },
        /** Of every size from the least subnormal number to {@code 2^34}, and zeros. */
        OF_EVERY_SIZE {
            @Override
            float next(Random random) {
                return Float.intBitsToFloat(random.nextInt(162) << 23 | random.nextInt() & 0x807FFFFF);
            }
        },
        /** Some are infinite, or no number. */
        SOME_NOT_FINITE {
            @Override
            float next(Random random) {
                return switch (random.nextInt(300)) {
                    case 0 -> Float.NaN;
                    case 1 -> Float.POSITIVE_INFINITY;
                    case 2 -> Float.NEGATIVE_INFINITY;
                    default -> random.nextFloat(-1, 1);
                };
            }
        };

        abstract float next(Random random);
    }

    @ParameterizedTest(name = "{0} x {1}, {2} blocks, added: {3}")
    @CsvSource({
        "1, 1, 1, false",
        "8, 48, 2, true",
        "8, 48, 33, false",
        "3, 17, 2, true",
        "7, 33, 1, false",
        "5, 16, 3, true"
    })
    void vectorCodeGivesTheProductOnTheMachineInJava(int rows, int columns, int blocks, boolean added) {
        check(
                rows,
                columns,
                blocks,
                added,
                o -> {
                    int vectors = Math.ceilDiv(columns, 16);
                    long mask = TileFunction.mask(columns - (vectors - 1) * 16);
                    byte[] code = Avx512Product.function(rows, vectors);
                    TileMachine.call(code, o.a, o.b, o.c, o.base, o.stride, blocks, rows, mask, 0, 0);
                });
    }

    @ParameterizedTest(name = "{0} x {1}, {2} blocks, added: {3}")
    @CsvSource({
        "1, 1, 1, false",
        "32, 32, 2, true",
        "32, 32, 33, false",
        "3, 17, 2, true",
        "39, 16, 1, false",
        "64, 31, 2, true",
        "65, 9, 3, false"
    })
    void tileCodeGivesTheProductOnTheMachineInJava(int rows, int columns, int blocks, boolean added) {
        byte[] code = AmxProduct.function(AmxProduct.configuration());
        check(
                rows,
                columns,
                blocks,
                added,
                o ->
                        TileMachine.call(
                                code,
                                o.a,
                                o.b,
                                o.c,
                                o.base,
                                o.stride,
                                blocks,
                                rows,
                                TileFunction.mask(columns),
                                TileFunction.mask(columns - 16),
                                o.scratch));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"AVX512", "AMX"})
    void theProcessorGivesTheProductWhereItHasTheInstructions(BFloat16Code code) {
        assumeTrue(code.load().isPresent(), code + " is not in this machine, or executable memory is refused");
        BFloat16Product product = code.load().get();
        int[] someRows = {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 70};
        int[] someColumns = {1, 15, 16, 17, 31, 32, 33, 48};
        for (int rows : someRows) {
            for (int columns : someColumns) {
                if (columns <= product.columns()) {
                    for (int blocks : new int[] {1, 2, 32}) {
                        check(
                                rows,
                                columns,
                                blocks,
                                (rows + columns) % 2 == 0,
                                o ->
                                        product.multiply(
                                                rows, columns, blocks, o.a, o.b, o.base, o.c, o.stride, o.scratch));
                    }
                }
            }
        }
    }

    @Test
    void noneIsFoundWhereMachineCodeIsOff() {
        assertTrue(BFloat16Code.OFF.load().isEmpty());
    }

    private record Operands(long a, long b, long base, long c, long stride, long scratch) {}

    /** Runs the function on random panels and compares. */
    private static void check(int rows, int columns, int blocks, boolean added, Function function) {
        for (Factors factors : Factors.values()) {
            check(rows, columns, blocks, added, factors, function);
        }
    }

    private static void check(int rows, int columns, int blocks, boolean added, Factors factors, Function function) {
        int steps = blocks * BFloat16Product.BLOCK;
        Random random = new Random(rows * 31L + columns);
        float[][] left = bfloats(factors, random, Math.ceilDiv(rows, 32) * 32, steps);
        float[][] right = bfloats(factors, random, 48, steps);
        int width = columns + 2 * MARGIN;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = pack(arena, left, blocks, true);
            MemorySegment b = pack(arena, right, blocks, false);
            MemorySegment c = arena.allocate(ValueLayout.JAVA_FLOAT, (rows + 2L) * width);
            MemorySegment d = arena.allocate(ValueLayout.JAVA_FLOAT, (rows + 2L) * width);
            for (long i = 0; i < (rows + 2L) * width; i++) {
                c.setAtIndex(ValueLayout.JAVA_FLOAT, i, SENTINEL);
                d.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat());
            }
            MemorySegment scratch = arena.allocate(AmxProduct.SCRATCH_BYTES, 64);
            long first = (width + MARGIN) * 4L;
            function.run(
                    new Operands(
                            a.address(),
                            b.address(),
                            added ? d.address() + first : 0,
                            c.address() + first,
                            width * 4L,
                            scratch.address()));
            for (int i = -1; i <= rows; i++) {
                for (int j = -MARGIN; j < columns + MARGIN; j++) {
                    long index = (i + 1L) * width + MARGIN + j;
                    float found = c.getAtIndex(ValueLayout.JAVA_FLOAT, index);
                    if (i < 0 || i == rows || j < 0 || j >= columns) {
                        assertEquals(SENTINEL, found, "outside, at " + i + ", " + j);
                        continue;
                    }
                    double expected = added ? d.getAtIndex(ValueLayout.JAVA_FLOAT, index) : 0;
                    double size = Math.abs(expected);
                    double lost = 0;
                    for (int k = 0; k < steps; k++) {
                        double term = (double) left[i][k] * right[j][k];
                        expected += term;
                        size += Math.abs(term);
                        lost += lost(left[i][k], right[j][k]);
                    }
                    double bound = Double.isFinite(expected) ? size * 1e-6 + lost : 0;
                    assertEquals(expected, found, bound, factors + " at " + i + ", " + j);
                }
            }
        }
    }

    /** The instructions take for zero what is below the normal numbers: factors, and sums on their way. */
    private static double lost(float left, float right) {
        boolean normal = isNormal(left) && isNormal(right);
        return Float.MIN_NORMAL + (normal ? 0 : Math.abs((double) left * right));
    }

    private static boolean isNormal(float factor) {
        return factor == 0 || Math.abs(factor) >= Float.MIN_NORMAL;
    }

    private static float[][] bfloats(Factors factors, Random random, int rows, int columns) {
        float[][] values = new float[rows][columns];
        for (float[] row : values) {
            for (int i = 0; i < columns; i++) {
                row[i] = Float.intBitsToFloat(Float.floatToRawIntBits(factors.next(random)) & 0xFFFF0000);
            }
        }
        return values;
    }

    /** Panels as {@link BFloat16Product} describes them. */
    private static MemorySegment pack(Arena arena, float[][] items, int blocks, boolean rowsAreItems) {
        MemorySegment panels = arena.allocate((long) items.length * blocks * BFloat16Product.BLOCK * 2, 64);
        for (int item = 0; item < items.length; item++) {
            for (int k = 0; k < blocks * BFloat16Product.BLOCK; k++) {
                int pair = k % 16;
                int row = rowsAreItems ? item % 16 : pair;
                int column = rowsAreItems ? pair : item % 16;
                long block = ((long) item / 16 * blocks + k / 32) * BFloat16Product.BLOCK_BYTES;
                long offset = block + row * 64 + column * 4 + k % 32 / 16 * 2;
                panels.set(ValueLayout.JAVA_SHORT, offset, (short) (Float.floatToRawIntBits(items[item][k]) >>> 16));
            }
        }
        return panels;
    }
}
