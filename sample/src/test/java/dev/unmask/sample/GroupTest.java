package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class GroupTest {
    @Test
    void bestEntriesComeHighestFirst() {
        float[] scores = {9, -3, -0.5f, Float.NEGATIVE_INFINITY, 0, -2, 7};
        assertArrayEquals(new int[] {4, 2, 5}, Group.best(scores, 1, 5, 3));
    }

    @Test
    void theEarlierEntryWinsAmongEquals() {
        float[] scores = {-0f, 0f, -1, 0f};
        assertArrayEquals(new int[] {0, 1, 3}, Group.best(scores, 0, 4, 3));
    }

    @Test
    void aScoreThatIsNotANumberIsRefused() {
        float[] scores = {1, Float.NaN};
        IllegalStateException refusal = assertThrows(IllegalStateException.class, () -> Group.best(scores, 0, 2, 1));
        assertTrue(refusal.getMessage().contains("not a number"), refusal.getMessage());
    }
}
