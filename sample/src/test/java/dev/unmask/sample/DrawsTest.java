package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.sample.Draws.Draw;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.stream.IntStream;

class DrawsTest {
    private static final int LENGTH = 6;

    private static Draws draws(Estimator estimator, int samples, int batch) {
        return Draws.of(LikelihoodSettings.defaults().withSamples(samples, batch).withEstimator(estimator), LENGTH);
    }

    /** A model whose cross-entropy does not depend on what is masked has the same likelihood by every estimator. */
    @ParameterizedTest
    @EnumSource(value = Estimator.class, mode = EnumSource.Mode.EXCLUDE, names = "DUEL")
    void eachPlaceCountsOnceInExpectation(Estimator estimator) {
        Draws draws = draws(estimator, 4096, 16);
        double[] counted = new double[LENGTH];
        for (int group = 0; group < draws.groups(); group++) {
            for (int member = 0; member < draws.groupSize(); member++) {
                Draw draw = draws.draw(group, member);
                for (int place : draw.scored()) {
                    counted[place] += draw.weight() / draws.groups();
                }
            }
        }
        double tolerance = estimator == Estimator.MONTE_CARLO || estimator == Estimator.MASK_COUNT ? 0.1 : 1e-9;
        for (double count : counted) {
            assertEquals(1, count, tolerance);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Estimator.class, mode = EnumSource.Mode.EXCLUDE, names = "DUEL")
    void onlyHiddenPlacesAreScored(Estimator estimator) {
        Draws draws = draws(estimator, 32, 16);
        for (int member = 0; member < draws.groupSize(); member++) {
            Draw draw = draws.draw(0, member);
            for (int place : draw.scored()) {
                assertTrue(IntStream.of(draw.hidden()).anyMatch(hidden -> hidden == place));
            }
        }
    }

    @Test
    void theChainRuleHidesEverythingFromThePlaceItScores() {
        Draw draw = draws(Estimator.CHAIN_RULE, 1, 1).draw(0, 4);
        assertArrayEquals(new int[] {4, 5}, draw.hidden());
        assertArrayEquals(new int[] {4}, draw.scored());
    }

    @Test
    void maskCountsOfAGroupAreSpreadOverAllCounts() {
        Draws draws = draws(Estimator.MASK_COUNT, LENGTH, LENGTH);
        int[] counts =
                IntStream.range(0, LENGTH).map(member -> draws.draw(0, member).hidden().length).sorted().toArray();
        assertArrayEquals(new int[] {1, 2, 3, 4, 5, 6}, counts);
    }

    @Test
    void anotherSeedMasksOtherPlaces() {
        LikelihoodSettings settings = LikelihoodSettings.defaults().withEstimator(Estimator.ANY_ORDER);
        boolean differs =
                IntStream.range(0, 8)
                        .anyMatch(group ->
                                Draws.of(settings, LENGTH).draw(group, 0).scored()[0]
                                        != Draws.of(settings.withSeed(1), LENGTH).draw(group, 0).scored()[0]);
        assertTrue(differs);
    }
}
