package dev.unmask.vector.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.util.Random;

/** Tiles of weights for products of bfloat16 are those of float32, padded. */
class PanelScoresTest {
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
        Floats.fill(address, n, value);
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

    private static void assertSame(long expected, long found) {
        for (int i = 0; i < KEYS * QUERIES; i++) {
            float number = Memory.f32(expected + i * 4L);
            assertEquals(number, Memory.f32(found + i * 4L), 4 * Math.ulp(number));
        }
        for (int i = KEYS * QUERIES; i < Tiles.KEYS * QUERIES; i++) {
            assertEquals(0, Memory.f32(found + i * 4L));
        }
    }

    @Test
    void weightsAreThoseOfFloat32() {
        long[] scores = tiles(1, 20);
        long[] tops = {filled(QUERIES, 1), filled(QUERIES, 1)};
        long[] sums = {filled(QUERIES, 3), filled(QUERIES, 3)};
        long[] fades = {room(Tiles.ROW), room(Tiles.ROW)};
        ScoreTile.weigh(scores[0], KEYS, QUERIES, SCALE, tops[0], sums[0], fades[0]);
        PanelScores.weigh(scores[1], KEYS, QUERIES, SCALE, tops[1], sums[1], fades[1]);
        assertSame(scores[0], scores[1]);
        for (int q = 0; q < QUERIES; q++) {
            float sum = Memory.f32(sums[0] + q * 4L);
            assertEquals(Memory.f32(tops[0] + q * 4L), Memory.f32(tops[1] + q * 4L));
            assertEquals(Memory.f32(fades[0] + q * 4L), Memory.f32(fades[1] + q * 4L), 1e-6f);
            assertEquals(sum, Memory.f32(sums[1] + q * 4L), 1e-6f * sum);
        }
    }

    @Test
    void gradientsOfScoresAreThoseOfFloat32() {
        int queries = 50;
        long[] scores = tiles(2, 8);
        long[] gradients = tiles(3, 1);
        long sums = filled(QUERIES, 2);
        long deltas = filled(QUERIES, 0.3f);
        long offsets = room(Tiles.ROW);
        PanelScores.offsets(queries, sums, offsets);
        ScoreTile.differentiate(scores[0], gradients[0], KEYS, queries, SCALE, sums, deltas);
        PanelScores.differentiate(scores[1], gradients[1], KEYS, QUERIES, SCALE, offsets, deltas);
        for (int key = 0; key < KEYS; key++) {
            for (int q = queries; q < QUERIES; q++) {
                long at = key * Tiles.ROW + q * 4L;
                assertEquals(0f, 0f + Memory.f32(scores[1] + at), "the weight of what is no query");
                assertEquals(0f, 0f + Memory.f32(gradients[1] + at), "the gradient of what is no query");
                for (int tile = 0; tile < 2; tile++) {
                    Memory.f32(scores[tile] + at, 0);
                    Memory.f32(gradients[tile] + at, 0);
                }
            }
        }
        assertSame(scores[0], scores[1]);
        assertSame(gradients[0], gradients[1]);
    }

    /** A score times its scale is off by more than the exponent of any float32 there, unless the top goes first. */
    @ParameterizedTest
    @ValueSource(floats = {1e10f, 1e20f, 3e38f})
    void theLargestScoreWeighsOneHoweverLarge(float size) {
        for (boolean padded : new boolean[] {false, true}) {
            long scores = filled(Tiles.KEYS * QUERIES, -size);
            Floats.fill(scores + 5 * Tiles.ROW, QUERIES, size);
            long tops = filled(QUERIES, Float.NEGATIVE_INFINITY);
            long sums = filled(QUERIES, 0);
            if (padded) {
                PanelScores.weigh(scores, KEYS, QUERIES, 0.3f, tops, sums, room(Tiles.ROW));
            } else {
                ScoreTile.weigh(scores, KEYS, QUERIES, 0.3f, tops, sums, room(Tiles.ROW));
            }
            for (int key = 0; key < KEYS; key++) {
                assertEquals(key == 5 ? 1 : 0, Memory.f32(scores + key * Tiles.ROW));
            }
            assertEquals(size, Memory.f32(tops));
            assertEquals(1, Memory.f32(sums));
        }
    }

    @Test
    void whatIsNotANumberStaysSo() {
        long scores = filled(Tiles.KEYS * QUERIES, 1);
        Memory.f32(scores, Float.NaN);
        PanelScores.weigh(scores, KEYS, QUERIES, SCALE, filled(QUERIES, 0), filled(QUERIES, 0), room(Tiles.ROW));
        assertTrue(Float.isNaN(Memory.f32(scores)));
        assertEquals(1, Memory.f32(scores + Tiles.ROW));
    }
}
