package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.model.ModelConfig;

import org.junit.jupiter.api.Test;

import java.util.Arrays;

/** METHOD §2.2: each position predicts the token after it, and all predictions count the same. */
class AutoregressiveObjectiveTest {
    private static final int LENGTH = 5;
    private static final Objective OBJECTIVE = new AutoregressiveObjective();
    private static final Objective.Draw DRAW = new Objective.Draw(5, 2, 0);

    private static int[] clean(int batch) {
        int[] clean = new int[batch * OBJECTIVE.blockLength(LENGTH)];
        Arrays.setAll(clean, i -> 100 + i);
        return clean;
    }

    private static LossBatch prepare(int sequences, int batch, int length) {
        LossBatch into = new LossBatch(batch, LENGTH);
        OBJECTIVE.prepare(clean(batch), DRAW, sequences, length, into);
        return into;
    }

    private static int[] counted(int[] numbers, LossBatch batch) {
        return Arrays.copyOf(numbers, batch.count());
    }

    @Test
    void itIsTheObjectiveOfCausalModels() {
        assertEquals(OBJECTIVE, Objective.of(ModelConfig.masked(1, 1, 2, 2, 9).withCausal(true)));
    }

    @Test
    void aBlockHasOneTokenMoreThanTheModelSees() {
        assertEquals(LENGTH + 1, OBJECTIVE.blockLength(LENGTH));
    }

    @Test
    void theModelSeesAllButTheLastTokenAndPredictsAllButTheFirst() {
        LossBatch batch = prepare(2, 2, LENGTH);
        assertArrayEquals(new int[] {100, 101, 102, 103, 104, 106, 107, 108, 109, 110}, batch.ids);
        assertArrayEquals(new int[] {101, 102, 103, 104, 105, 107, 108, 109, 110, 111}, counted(batch.targets, batch));
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, counted(batch.rows, batch));
    }

    @Test
    void theLossIsTheMeanOverAllSequencesOfTheStep() {
        // Two micro-batches of three make the six sequences of a step.
        LossBatch batch = prepare(6, 3, LENGTH);
        double sum = 0;
        for (int i = 0; i < batch.count(); i++) {
            assertEquals(1f / (6 * LENGTH), batch.weights[i]);
            sum += batch.weights[i];
        }
        assertEquals(0.5, sum, 1e-6);
    }

    @Test
    void whatACutSequenceLacksIsNotPredictedAndTheMeanIsOverWhatIsLeft() {
        LossBatch batch = prepare(2, 2, 3);
        assertArrayEquals(new int[] {0, 1, 2, 5, 6, 7}, counted(batch.rows, batch));
        // The last position that is left predicts the first token that is cut off.
        assertArrayEquals(new int[] {101, 102, 103, 107, 108, 109}, counted(batch.targets, batch));
        assertEquals(1f / 6, batch.weights[0]);
    }

    @Test
    void aMicroBatchThatIsFilledAgainForgetsWhatItHeld() {
        LossBatch batch = prepare(2, 2, LENGTH);
        OBJECTIVE.prepare(clean(2), DRAW, 2, 1, batch);
        assertEquals(2, batch.count());
        assertArrayEquals(new int[] {0, 5}, counted(batch.rows, batch));
    }

    @Test
    void nothingIsRandom() {
        LossBatch other = new LossBatch(2, LENGTH);
        OBJECTIVE.prepare(clean(2), new Objective.Draw(77, 9, 4), 2, LENGTH, other);
        LossBatch batch = prepare(2, 2, LENGTH);
        assertArrayEquals(batch.ids, other.ids);
        assertArrayEquals(batch.targets, other.targets);
    }
}
