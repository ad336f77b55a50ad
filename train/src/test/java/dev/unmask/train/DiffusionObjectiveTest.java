package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Seen;

import org.junit.jupiter.api.Test;

import java.util.Arrays;

class DiffusionObjectiveTest {
    private static final int MASK = 99;
    private static final int LENGTH = 64;
    private static final DiffusionObjective OBJECTIVE = new DiffusionObjective(MASK);

    private static LossBatch prepare(int sequences, int first, int batch, int length) {
        int[] clean = new int[batch * LENGTH];
        Arrays.setAll(clean, i -> (first * LENGTH + i) % 90);
        LossBatch into = new LossBatch(batch, LENGTH);
        OBJECTIVE.prepare(clean, new Objective.Draw(5, 2, first), sequences, length, into);
        return into;
    }

    @Test
    void exactlyTheMaskedPositionsCountAndTheirTargetsAreTheCleanTokens() {
        LossBatch batch = prepare(8, 0, 8, LENGTH);
        assertEquals(batch.count(), Arrays.stream(batch.ids).filter(id -> id == MASK).count());
        for (int i = 0; i < batch.count(); i++) {
            assertEquals(MASK, batch.ids[batch.rows[i]]);
            assertEquals(batch.rows[i] % 90, batch.targets[i]);
        }
    }

    @Test
    void halfOfTheTokensAreMaskedOnAverageAndTheWeightsAddUpToOne() {
        int sequences = 4000;
        LossBatch batch = prepare(sequences, 0, sequences, LENGTH);
        assertEquals(0.5, batch.count() / (double) (sequences * LENGTH), 0.02);
        double sum = 0;
        for (int i = 0; i < batch.count(); i++) {
            sum += batch.weights[i];
        }
        assertEquals(1, sum, 0.05);
    }

    @Test
    void whatASequenceDrawsDoesNotDependOnItsMicroBatch() {
        LossBatch whole = prepare(8, 0, 8, LENGTH);
        LossBatch part = prepare(8, 6, 2, LENGTH);
        assertTrue(part.count() > 0);
        assertTrue(Arrays.equals(whole.ids, 6 * LENGTH, 8 * LENGTH, part.ids, 0, 2 * LENGTH));
        int from = whole.count() - part.count();
        for (int i = 0; i < part.count(); i++) {
            assertEquals(whole.weights[from + i], part.weights[i]);
            assertEquals(whole.rows[from + i] - 6 * LENGTH, part.rows[i]);
        }
    }

    @Test
    void whatACutSequenceLacksIsNeverMasked() {
        LossBatch batch = prepare(4, 0, 4, 10);
        for (int i = 0; i < batch.count(); i++) {
            assertTrue(batch.rows[i] % LENGTH < 10);
        }
        assertArrayEquals(Seen.lengths(LENGTH, 10, 10, 10, 10).ranges(), batch.seen.ranges());
    }
}
