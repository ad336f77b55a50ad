package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.train.Objective.Draw;
import dev.unmask.train.Objective.Sequence;
import dev.unmask.train.ObjectiveSettings.Counts;
import dev.unmask.train.ObjectiveSettings.Divisor;
import dev.unmask.train.ObjectiveSettings.Times;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;
import java.util.stream.IntStream;

/** What is seen and what counts, by the ways to draw and divide a loss. */
class ObjectiveSettingsTest {
    private static final int MASK = 99;
    private static final int LENGTH = 12;
    private static final int GIVEN = 4;
    private static final int DRAWS = 20_000;

    private static Sequence sequence(int length, int given, int text, long step, int number) {
        int[] tokens = IntStream.rangeClosed(1, LENGTH).toArray();
        return new Sequence(tokens, length, given, text, 0, new Draw(7, step, number));
    }

    private static DiffusionObjective objective(Divisor divisor, Times times, Counts counts, double dropping) {
        return new DiffusionObjective(MASK, 1e-3, new ObjectiveSettings(divisor, times, counts, dropping, 0), 4);
    }

    private static LossBatch prepared(Objective objective, Sequence sequence, double divisor) {
        LossBatch batch = new LossBatch(1, LENGTH);
        objective.prepare(sequence, divisor, batch.place(0));
        return batch;
    }

    /** With a cross-entropy of 1 everywhere the loss is 1 in expectation, whatever is drawn. */
    @ParameterizedTest
    @EnumSource(Counts.class)
    void everyWayToDrawHasTheSameExpectation(Counts counts) {
        for (Times times : Times.values()) {
            DiffusionObjective objective = objective(Divisor.SEQUENCES, times, counts, 0);
            double sum = 0;
            for (int step = 0; step < DRAWS; step++) {
                LossBatch batch = prepared(objective, sequence(LENGTH, GIVEN, LENGTH, step, step % 4), 1);
                for (int i = 0; i < batch.count; i++) {
                    sum += batch.weights[i];
                }
            }
            assertEquals(1, sum / DRAWS, counts == Counts.EXACT ? 1e-6 : 0.05);
        }
    }

    @Test
    void whatIsGivenStaysCleanAndWhatFillsUpIsLearnt() {
        DiffusionObjective objective = objective(Divisor.SEQUENCES, Times.UNIFORM, Counts.EXACT, 0);
        boolean[] counted = new boolean[LENGTH];
        for (int step = 0; step < 500; step++) {
            LossBatch batch = prepared(objective, sequence(LENGTH, GIVEN, 7, step, 0), 1);
            for (int i = 0; i < batch.count; i++) {
                counted[batch.rows[i]] = true;
                assertEquals(MASK, batch.ids[batch.rows[i]]);
                assertEquals(batch.rows[i] + 1, batch.targets[i]);
            }
            for (int i = 0; i < GIVEN; i++) {
                assertEquals(i + 1, batch.ids[i]);
            }
        }
        for (int i = 0; i < LENGTH; i++) {
            assertEquals(i >= GIVEN, counted[i]);
        }
    }

    @Test
    void exactlySoManyAreMaskedAsDrawnAndAllEquallyOften() {
        DiffusionObjective objective = objective(Divisor.SEQUENCES, Times.UNIFORM, Counts.EXACT, 0);
        int[] sizes = new int[LENGTH + 1];
        int[] places = new int[LENGTH];
        for (int step = 0; step < DRAWS; step++) {
            LossBatch batch = prepared(objective, sequence(LENGTH, 0, LENGTH, step, 0), 1);
            sizes[batch.count]++;
            for (int i = 0; i < batch.count; i++) {
                places[batch.rows[i]]++;
            }
        }
        assertEquals(0, sizes[0]);
        for (int k = 1; k <= LENGTH; k++) {
            assertEquals(1.0 / LENGTH, (double) sizes[k] / DRAWS, 0.01);
            assertEquals((LENGTH + 1) / 2.0 / LENGTH, (double) places[k - 1] / DRAWS, 0.02);
        }
    }

    @Test
    void lowDiscrepancyTimesAreSpreadEvenlyOverAStep() {
        DiffusionObjective objective = objective(Divisor.SEQUENCES, Times.LOW_DISCREPANCY, Counts.EXACT, 0);
        for (int step = 0; step < 100; step++) {
            boolean[] quarter = new boolean[4];
            for (int number = 0; number < 4; number++) {
                // With 12 of 12 free, k / 12 is the time rounded up.
                int count = prepared(objective, sequence(LENGTH, 0, LENGTH, step, number), 1).count;
                quarter[(count - 1) / 3] = true;
            }
            for (boolean hit : quarter) {
                assertTrue(hit, "step " + step);
            }
        }
    }

    @Test
    void allTokensThatAreNotGivenDivideTogetherOrEachSequenceItself() {
        List<Sequence> step = List.of(sequence(12, 4, 12, 0, 0), sequence(8, 0, 8, 0, 1));
        assertEquals(16, objective(Divisor.TOKENS, Times.UNIFORM, Counts.BERNOULLI, 0).divisor(step));
        assertEquals(2, objective(Divisor.SEQUENCES, Times.UNIFORM, Counts.BERNOULLI, 0).divisor(step));
        LossBatch together = prepared(objective(Divisor.TOKENS, Times.UNIFORM, Counts.EXACT, 0), step.getFirst(), 16);
        LossBatch each = prepared(objective(Divisor.SEQUENCES, Times.UNIFORM, Counts.EXACT, 0), step.getFirst(), 2);
        assertEquals(together.weights[0] * 16 / (2 * 8), each.weights[0], 1e-6);
    }

    @Test
    void aPromptIsDroppedAsOftenAsAskedAndNeverLearnt() {
        DiffusionObjective objective = objective(Divisor.SEQUENCES, Times.UNIFORM, Counts.BERNOULLI, 0.25);
        int dropped = 0;
        for (int step = 0; step < 4000; step++) {
            LossBatch batch = prepared(objective, sequence(LENGTH, GIVEN, LENGTH, step, 0), 1);
            boolean gone = batch.ids[0] == MASK;
            for (int i = 0; i < GIVEN; i++) {
                assertEquals(gone, batch.ids[i] == MASK);
            }
            for (int i = 0; i < batch.count; i++) {
                assertTrue(batch.rows[i] >= GIVEN);
            }
            dropped += gone ? 1 : 0;
        }
        assertEquals(0.25, dropped / 4000.0, 0.03);
    }

    @Test
    void theAutoregressiveTwinLearnsTheAnswerAndOneEnd() {
        AutoregressiveObjective objective = new AutoregressiveObjective();
        int[] tokens = IntStream.rangeClosed(1, LENGTH + 1).toArray();
        LossBatch batch = new LossBatch(1, LENGTH);
        objective.prepare(new Sequence(tokens, LENGTH, 4, 7, 0, new Draw(1, 0, 0)), 1, batch.place(0));
        assertEquals(List.of(5, 6, 7), IntStream.of(batch.targets).limit(batch.count).boxed().toList());
        assertEquals(1.0 / 3, batch.weights[0], 1e-7);
        assertNotEquals(0, batch.count);
    }
}
