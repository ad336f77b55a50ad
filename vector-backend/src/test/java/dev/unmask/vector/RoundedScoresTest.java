package dev.unmask.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.BFloat16;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.util.Random;

/** Tiles of weights for products of bfloat16 are those of float32, rounded to nearest. */
class RoundedScoresTest {
    private static final int KEYS = 37;
    private static final int QUERIES = 64;
    private static final long TILE = Tiles.KEYS * Tiles.ROW;
    private static final float SCALE = 0.25f;

    private final Arena arena = Arena.ofAuto();

    private long room(long bytes) {
        return arena.allocate(bytes, Memory.ALIGNMENT).address();
    }

    private long filled(int n, float value) {
        long address = room(n * 4L);
        Elementwise.fill(address, n, value);
        return address;
    }

    /** Two tiles of the same numbers, up to a magnitude. */
    private long[] tiles(long seed, float magnitude) {
        Random random = new Random(seed);
        long[] tiles = {room(TILE), room(TILE)};
        for (int i = 0; i < Tiles.KEYS * QUERIES; i++) {
            float value = random.nextFloat(-magnitude, magnitude);
            Memory.f32(tiles[0] + i * 4L, value);
            Memory.f32(tiles[1] + i * 4L, value);
        }
        return tiles;
    }

    /** What a word of a tile stands for. */
    private static float bfloat16(long address) {
        return BFloat16.widen((short) (Memory.i32(address) >>> 16));
    }

    private static void assertRounded(long exact, long rounded) {
        for (int i = 0; i < KEYS * QUERIES; i++) {
            float expected = Memory.f32(exact + i * 4L);
            float found = bfloat16(rounded + i * 4L);
            // Half of the last of eight bits, and what exponentials may be apart.
            float half = Math.scalb(1f, Math.getExponent(expected) - 8);
            assertEquals(expected, found, half * 1.001f);
        }
        for (int i = KEYS * QUERIES; i < Tiles.KEYS * QUERIES; i++) {
            assertEquals(0, Memory.f32(rounded + i * 4L));
        }
    }

    @Test
    void weightsAreThoseOfFloat32Rounded() {
        long[] scores = tiles(1, 20);
        long[] tops = {filled(QUERIES, 1), filled(QUERIES, 1)};
        long[] sums = {filled(QUERIES, 3), filled(QUERIES, 3)};
        long[] fades = {room(Tiles.ROW), room(Tiles.ROW)};
        ScoreTile.weigh(scores[0], KEYS, QUERIES, SCALE, tops[0], sums[0], fades[0]);
        RoundedScores.weigh(scores[1], KEYS, QUERIES, SCALE, tops[1], sums[1], fades[1]);
        assertRounded(scores[0], scores[1]);
        for (int q = 0; q < QUERIES; q++) {
            float sum = Memory.f32(sums[0] + q * 4L);
            assertEquals(Memory.f32(tops[0] + q * 4L), Memory.f32(tops[1] + q * 4L));
            assertEquals(Memory.f32(fades[0] + q * 4L), Memory.f32(fades[1] + q * 4L), 1e-6f);
            assertEquals(sum, Memory.f32(sums[1] + q * 4L), 1e-6f * sum);
        }
    }

    @Test
    void gradientsOfScoresAreThoseOfFloat32Rounded() {
        int queries = 50;
        long[] scores = tiles(2, 8);
        long[] gradients = tiles(3, 1);
        long sums = filled(QUERIES, 2);
        long deltas = filled(QUERIES, 0.3f);
        long offsets = room(Tiles.ROW);
        RoundedScores.offsets(queries, sums, offsets);
        ScoreTile.differentiate(scores[0], gradients[0], KEYS, queries, SCALE, sums, deltas);
        RoundedScores.differentiate(scores[1], gradients[1], KEYS, QUERIES, SCALE, offsets, deltas);
        for (int key = 0; key < KEYS; key++) {
            for (int q = queries; q < QUERIES; q++) {
                long at = key * Tiles.ROW + q * 4L;
                assertEquals(0f, 0f + bfloat16(scores[1] + at), "the weight of what is no query");
                assertEquals(0f, 0f + bfloat16(gradients[1] + at), "the gradient of what is no query");
                for (int tile = 0; tile < 2; tile++) {
                    Memory.f32(scores[tile] + at, 0);
                    Memory.f32(gradients[tile] + at, 0);
                }
            }
        }
        assertRounded(scores[0], scores[1]);
        assertRounded(gradients[0], gradients[1]);
    }

    @Test
    void whatIsNotANumberStaysSo() {
        long scores = filled(Tiles.KEYS * QUERIES, 1);
        Memory.f32(scores, Float.NaN);
        RoundedScores.weigh(scores, KEYS, QUERIES, SCALE, filled(QUERIES, 0), filled(QUERIES, 0), room(Tiles.ROW));
        assertTrue(Float.isNaN(bfloat16(scores)));
        assertEquals(1, bfloat16(scores + Tiles.ROW));
    }
}
