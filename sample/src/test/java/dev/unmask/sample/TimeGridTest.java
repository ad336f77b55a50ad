package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The expected numbers are those of PyTorch 2.13: {@code int(left * (1 - times[k + 1] / times[k]))}. */
class TimeGridTest {
    private static int[] counts(int steps, int masked) {
        TimeGrid grid = new TimeGrid(steps, 1e-5);
        int[] counts = new int[steps];
        int left = masked;
        for (int k = 0; k < steps; k++) {
            counts[k] = grid.count(k, left);
            left -= counts[k];
        }
        assertEquals(0, left, "positions left masked");
        return counts;
    }

    @Test
    void countsAreThoseOfThePublishedCode() {
        assertArrayEquals(new int[] {2, 2, 2, 2, 2, 2, 3, 4}, counts(8, 19));
        assertArrayEquals(new int[] {2, 3, 3, 3, 3, 3, 4}, counts(7, 21));
        int[] expected = new int[32];
        Arrays.fill(expected, 2, 31, 1);
        expected[31] = 2;
        assertArrayEquals(expected, counts(32, 31));
    }

    /** With one unit of the last place less here or there, other steps would be the idle ones. */
    @Test
    void roundingIsThatOfFloat32() {
        int[] counts = counts(265, 256);
        int[] idle = IntStream.range(0, 265).filter(k -> counts[k] == 0).toArray();
        assertArrayEquals(IntStream.range(0, 10).toArray(), idle);
    }

    @Test
    void aStepUnmasksTheSameShareOfTheWholeEachTime() {
        TimeGrid grid = new TimeGrid(10, 1e-5);
        double masked = 1;
        for (int k = 0; k < 10; k++) {
            double unmasked = masked * grid.unmasking(k);
            assertEquals(0.1, unmasked, 2e-5);
            masked -= unmasked;
        }
    }

    @Test
    void theLastStepUnmasksEverything() {
        assertEquals(1f, new TimeGrid(3, 1e-5).unmasking(2));
        assertArrayEquals(new int[] {5}, counts(1, 5));
    }
}
