package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.List;

/** Block diffusion: a text is shown twice, each block has a rate of its own, and all weights are a mean over tokens. */
class BlockDiffusionObjectiveTest {
    private static final int MASK = 99;
    private static final int LENGTH = 10;
    private static final int[] TOKENS = {5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

    private static LossBatch prepared(Objective objective, long step, int length) {
        LossBatch batch = new LossBatch(1, objective.inputLength(LENGTH));
        objective.prepare(TOKENS, new Objective.Draw(3, step, 0), 1, length, batch);
        return batch;
    }

    @Test
    void theSecondHalfIsTheCleanTextAtTheSamePositions() {
        LossBatch batch = prepared(new BlockDiffusionObjective(MASK, 4), 1, LENGTH);

        assertEquals(2 * LENGTH, batch.length);
        assertEquals(Arrays.toString(TOKENS), Arrays.toString(Arrays.copyOfRange(batch.ids, LENGTH, 2 * LENGTH)));
        for (int i = 0; i < LENGTH; i++) {
            assertEquals(i, batch.positions[i]);
            assertEquals(i, batch.positions[LENGTH + i]);
            assertTrue(batch.ids[i] == MASK || batch.ids[i] == TOKENS[i]);
        }
    }

    @Test
    void theWeightsAreOneATokenInTheMean() {
        Objective objective = new BlockDiffusionObjective(MASK, 4);
        double sum = 0;
        int draws = 20_000;
        for (int draw = 0; draw < draws; draw++) {
            LossBatch batch = prepared(objective, draw, LENGTH);
            for (int i = 0; i < batch.count(); i++) {
                sum += batch.weights[i];
            }
        }
        assertEquals(1, sum / draws, 0.03);
    }

    @Test
    void aBlockOfOneTokenIsAlwaysMaskedAndCountsOnce() {
        Objective objective = new BlockDiffusionObjective(MASK, 1);
        LossBatch batch = prepared(objective, 1, 7);

        assertTrue(objective.isExact());
        assertEquals(7, batch.count());
        for (int i = 0; i < 7; i++) {
            assertEquals(1 / 7f, batch.weights[i], 1e-7);
            assertEquals(TOKENS[i], batch.targets[i]);
        }
    }

    @Test
    void clippedRatesMaskNoFewerAndNoMore() {
        Objective objective = new BlockDiffusionObjective(MASK, LENGTH, 0.5, 0.5);
        double masked = 0;
        for (int draw = 0; draw < 5_000; draw++) {
            masked += prepared(objective, draw, LENGTH).count();
        }
        assertEquals(0.5 * LENGTH, masked / 5_000, 0.1);
    }

    @Test
    void theObjectiveOfAModelOfBlocksIsTheBoundOfItsLikelihood() {
        ModelConfig plain = ModelConfig.masked(1, 1, 8, 8, 16);
        ModelConfig blocks = plain.withNetwork(plain.network().withBlockLength(4));

        assertEquals(new BlockDiffusionObjective(16, 4, 0, 1), Objective.of(blocks));
        assertEquals(new BlockDiffusionObjective(16, 4, 0.3, 0.8), new BlockSettings(4, 0.3, 0.8).objective(blocks));
        assertEquals(new DiffusionObjective(16), new BlockSettings(0, 0, 1).objective(plain));
    }

    private static LossBatch withPrompt(Objective objective, long step, double divisor) {
        LossBatch batch = new LossBatch(1, objective.inputLength(LENGTH));
        Objective.Draw draw = new Objective.Draw(3, step, 0);
        objective.prepare(new Objective.Sequence(TOKENS, LENGTH, 6, 8, 0, draw), divisor, batch.place(0));
        return batch;
    }

    @Test
    void aPromptStaysCleanAndDoesNotCountAndWhatFollowsDoesToTheEnd() {
        Objective each = new BlockDiffusionObjective(MASK, 4);
        ObjectiveSettings byTokens =
                new ObjectiveSettings(
                        ObjectiveSettings.Divisor.TOKENS,
                        ObjectiveSettings.Times.UNIFORM,
                        ObjectiveSettings.Counts.BERNOULLI,
                        0,
                        2);
        Objective together = new BlockDiffusionObjective(MASK, 4, byTokens);
        double sum = 0;
        double sumTogether = 0;
        int draws = 20_000;
        for (int draw = 0; draw < draws; draw++) {
            LossBatch batch = withPrompt(each, draw, 1);
            for (int i = 0; i < batch.count(); i++) {
                assertTrue(batch.rows[i] >= 6, "row " + batch.rows[i]);
                sum += batch.weights[i];
            }
            for (int i = 0; i < 6; i++) {
                assertEquals(TOKENS[i], batch.ids[i]);
            }
            LossBatch same = withPrompt(together, draw, 4);
            for (int i = 0; i < same.count(); i++) {
                sumTogether += same.weights[i];
            }
        }
        assertEquals(1, sum / draws, 0.03);
        assertEquals(1, sumTogether / draws, 0.03, "four tokens that are not given, divided by four");
        Objective.Sequence sequence = new Objective.Sequence(TOKENS, LENGTH, 6, 8, 0, new Objective.Draw(3, 0, 0));
        assertEquals(8, together.divisor(List.of(sequence, sequence)));
        assertEquals(2, together.paddedTogether());
    }

    @Test
    void whatBlocksHaveNoUseForIsRefused() {
        ObjectiveSettings exact =
                new ObjectiveSettings(
                        ObjectiveSettings.Divisor.TOKENS,
                        ObjectiveSettings.Times.UNIFORM,
                        ObjectiveSettings.Counts.EXACT,
                        0,
                        0);
        InputException refused = assertThrows(InputException.class, () -> new BlockDiffusionObjective(MASK, 4, exact));
        assertTrue(refused.getMessage().contains("counts exact with block diffusion"), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 1", "4, -0.1, 1", "4, 0.6, 0.5", "4, 0, 1.1", "4, 0, NaN", "4, 0, 0"})
    void absurdNumbersAreRefused(int length, double lowest, double highest) {
        assertThrows(InputException.class, () -> new BlockSettings(length, lowest, highest));
    }
}
