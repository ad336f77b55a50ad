package dev.unmask.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.tensor.BFloat16;
import dev.unmask.vector.attention.BFloat16Tile;
import dev.unmask.vector.attention.PanelScores;
import dev.unmask.vector.machine.BFloat16Product;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.Arena;
import java.util.function.IntUnaryOperator;

/**
 * Every form in which this backend rounds to bfloat16 gives the bits of {@link BFloat16}, for every class of number.
 */
class BFloat16VectorsTest {
    /**
     * Lower halves of float32, of which rounding can tell no more apart: for each upper half, every class of number.
     */
    private static final int[] LOWER_HALVES = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF};

    /** Rows, columns of a tile. */
    private static final int EXTENT = 64;

    private static final long ROW = EXTENT * 4L;
    private static final int NUMBERS = EXTENT * EXTENT;
    private static final int BLOCKS = NUMBERS / BFloat16Product.BLOCK;

    /** Bytes of room for what comes out: for blocks of which one row is filled. */
    private static final long ROOM = (long) BLOCKS * BFloat16Product.BLOCK_BYTES;

    private enum Form {
        ROWS {
            @Override
            short[] round(long source, long target) {
                BFloat16Rows.round(source, target, NUMBERS);
                return halves(i -> Memory.i32(target + i * 2L));
            }
        },
        ROWS_WITH_A_TAIL {
            @Override
            short[] round(long source, long target) {
                int first = 3;
                BFloat16Rows.round(source, target, first);
                BFloat16Rows.round(source + first * 4L, target + first * 2L, NUMBERS - first);
                return halves(i -> Memory.i32(target + i * 2L));
            }
        },
        ROWS_IN_PLACE {
            @Override
            short[] round(long source, long target) {
                BFloat16Rows.roundInPlace(source, NUMBERS);
                for (int i = 0; i < NUMBERS; i++) {
                    assertEquals(0, Memory.i32(source + i * 4L) & 0xFFFF, "bits that bfloat16 does not have");
                }
                return halves(i -> Memory.i32(source + i * 4L) >>> 16);
            }
        },
        JOINED {
            @Override
            short[] round(long source, long target) {
                BFloat16Words.joinFloats(source, BLOCKS, target);
                return halves(i -> word(target + i / 32 * 1024L + i % 16 * 4, i % 32 >= 16));
            }
        },
        ZIPPED {
            @Override
            short[] round(long source, long target) {
                int squares = EXTENT / 16;
                for (int half = 0; half < 2; half++) {
                    BFloat16Words.zipFloats(source + half * 32 * ROW, ROW, squares, target + half * 4096L, 1024);
                }
                return halves(i -> {
                    int step = i / EXTENT;
                    int item = i % EXTENT;
                    long square = target + step / 32 * 4096L + item / 16 * 1024L;
                    return word(square + step % 16 * 64 + item % 16 * 4, step % 32 >= 16);
                });
            }
        },
        ROWS_OF_A_TILE {
            @Override
            short[] round(long source, long target) {
                BFloat16Tile.copy(source, ROW, EXTENT, EXTENT, target);
                return rows(target, source);
            }
        },
        COLUMNS_OF_A_TILE {
            @Override
            short[] round(long source, long target) {
                BFloat16Tile.copy(source, ROW, EXTENT, EXTENT, target);
                BFloat16Tile.columns(target, ROW, EXTENT, EXTENT, false, source, 0);
                return halves(i -> {
                    int row = i / EXTENT;
                    int column = i % EXTENT;
                    long block = source + column / 16 * 2048L + row / 32 * 1024L;
                    return word(block + row % 16 * 64 + column % 16 * 4, row % 32 >= 16);
                });
            }
        },
        /** Weights are 1, the scale is, and what is subtracted is 0: gradients stay what they are, and are rounded. */
        GRADIENTS_OF_SCORES {
            @Override
            short[] round(long source, long target) {
                long scores = target + NUMBERS * 4L;
                long zeros = scores + NUMBERS * 4L;
                Floats.fill(scores, NUMBERS, 0);
                Floats.fill(zeros, EXTENT, 0);
                PanelScores.differentiate(scores, source, EXTENT, EXTENT, 1, zeros, zeros);
                return rows(source, target);
            }
        };

        /** Rounds {@link #NUMBERS} float32, of which nothing need remain. */
        abstract short[] round(long source, long target);

        private static short[] rows(long tile, long panels) {
            BFloat16Tile.rows(tile, ROW, EXTENT, EXTENT, false, panels, 0);
            return halves(i -> {
                int row = i / EXTENT;
                int column = i % EXTENT;
                long block = panels + row / 16 * 2048L + column / 32 * 1024L;
                return word(block + row % 16 * 64 + column % 16 * 4, column % 32 >= 16);
            });
        }

        private static int word(long address, boolean later) {
            return Memory.i32(address) >>> (later ? 16 : 0);
        }

        private static short[] halves(IntUnaryOperator bits) {
            short[] halves = new short[NUMBERS];
            for (int i = 0; i < NUMBERS; i++) {
                halves[i] = (short) bits.applyAsInt(i);
            }
            return halves;
        }
    }

    private static void check(Form form, IntUnaryOperator bits, long numbers) {
        try (Arena arena = Arena.ofConfined()) {
            long source = arena.allocate(NUMBERS * 4L, 64).address();
            long target = arena.allocate(ROOM, 64).address();
            for (long from = 0; from < numbers; from += NUMBERS) {
                int first = (int) from;
                for (int i = 0; i < NUMBERS; i++) {
                    Memory.i32(source + i * 4L, bits.applyAsInt(first + i));
                }
                short[] found = form.round(source, target);
                for (int i = 0; i < NUMBERS; i++) {
                    int number = bits.applyAsInt(first + i);
                    if (found[i] != BFloat16.bits(Float.intBitsToFloat(number))) {
                        assertEquals(
                                BFloat16.round(Float.intBitsToFloat(number)),
                                BFloat16.widen(found[i]),
                                () -> Integer.toHexString(number));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyClassOfNumberIsRoundedToNearest(Form form) {
        for (int lower : LOWER_HALVES) {
            check(form, upper -> upper << 16 | lower, 1 << 16);
        }
    }

    /** The other half of a pair of numbers that are joined is another class of number than the first. */
    @ParameterizedTest
    @EnumSource
    void neighboursOfAnyClassLeaveEachOtherAlone(Form form) {
        check(form, i -> (i * 0x9E3779B9) ^ (i * 0x9E3779B9 >>> 15), 1 << 18);
    }

    /** Some minutes in all; {@code docs/building.md} has the command. */
    @ParameterizedTest
    @EnumSource
    @EnabledIfSystemProperty(named = "unmask.tests.every-float32", matches = "true")
    void everyFloat32IsRoundedToNearest(Form form) {
        check(form, bits -> bits, 1L << 32);
    }
}
