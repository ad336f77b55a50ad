package dev.unmask.train.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;

/** The fits of METHOD §6, on METHOD's own table of points. */
class ScalingFitTest {
    private static final double[] BUDGETS = {6e18, 1e19, 3e19, 6e19, 1e20};
    private static final double[] MASKED_LOSS = {3.374, 3.261, 3.041, 2.917, 2.830};
    private static final double[] CAUSAL_LOSS = {2.845, 2.749, 2.555, 2.447, 2.378};
    private static final double[] MASKED_SIZE = {84e6, 111e6, 229e6, 361e6, 479e6};
    private static final double[] CAUSAL_SIZE = {153e6, 225e6, 445e6, 628e6, 1006e6};

    @Test
    void reproducesTheExponentsOfTheLoss() {
        PowerLaw masked = PowerLaw.fit(BUDGETS, MASKED_LOSS);
        PowerLaw causal = PowerLaw.fit(BUDGETS, CAUSAL_LOSS);
        assertEquals(-0.0625, masked.exponent(), 5e-5);
        assertEquals(50.4, masked.coefficient(), 0.3);
        assertEquals(-0.0642, causal.exponent(), 1e-4);
        assertEquals(45.6, causal.coefficient(), 0.3);
        assertTrue(masked.exponentError() < 2e-3 && causal.exponentError() < 2e-3);
    }

    @Test
    void reproducesTheExponentsOfTheSize() {
        PowerLaw masked = PowerLaw.fit(BUDGETS, MASKED_SIZE);
        PowerLaw causal = PowerLaw.fit(BUDGETS, CAUSAL_SIZE);
        assertEquals(0.630, masked.exponent(), 2e-3);
        assertEquals(-9.00, Math.log(masked.coefficient()), 0.1);
        assertEquals(0.642, causal.exponent(), 2e-3);
        assertEquals(-8.89, Math.log(causal.coefficient()), 0.1);
    }

    @Test
    void reproducesTheComputeGap() {
        PowerLaw causal = PowerLaw.fit(BUDGETS, CAUSAL_LOSS);
        // METHOD reads 15.3 to 16.5 off the figures; the laws through its rounded points give a little less.
        for (int i = 0; i < BUDGETS.length; i++) {
            assertEquals(15, BUDGETS[i] / causal.reaches(MASKED_LOSS[i]), 1);
        }
    }

    @Test
    void aParabolaHasItsLowestPoint() {
        double[] sizes = {1e4, 3e4, 1e5, 3e5};
        double[] losses = Arrays.stream(sizes).map(n -> 3 + 0.2 * Math.pow(Math.log(n / 5e4), 2)).toArray();
        IsoFlop fit = IsoFlop.fit(sizes, losses);
        assertTrue(fit.inside());
        assertEquals(5e4, fit.size(), 1);
        assertEquals(3, fit.loss(), 1e-9);
        assertEquals(losses[1], fit.at(3e4), 1e-9);
    }

    @Test
    void aLowestPointOutsideIsSaidToBeOutside() {
        IsoFlop fit = IsoFlop.fit(new double[] {1e4, 3e4, 1e5}, new double[] {5, 4, 3.5});
        assertFalse(fit.inside());
        assertEquals(1e5, fit.size());
        assertEquals(3.5, fit.loss());
    }

    @Test
    void aMeanHasItsStandardErrorAndIsClearByStudentsDistribution() {
        Mean mean = Mean.of(List.of(1.0, 2.0, 3.0));
        assertEquals(2, mean.value());
        assertEquals(1 / Math.sqrt(3), mean.error(), 1e-12);
        assertEquals("2.00 ± 0.58", mean.text("%.2f"));
        // Of three numbers the interval is 4.303 standard errors wide, not 2.
        assertFalse(mean.isClear());
        assertTrue(Mean.of(List.of(2.0, 2.3, 2.6)).isClear());
        assertFalse(Mean.of(List.of(2.0)).isClear());
    }

    @Test
    void aDifferenceOfMeansHasWelchsDegreesOfFreedom() {
        Mean difference = Mean.of(List.of(1.0, 2.0, 3.0)).minus(Mean.of(List.of(5.0, 6.0, 7.0)));
        assertEquals(-4, difference.value());
        assertEquals(Math.sqrt(2.0 / 3), difference.error(), 1e-12);
        assertEquals(4, difference.degrees(), 1e-12);
        assertTrue(difference.isClear());
        assertEquals(2, Mean.of(List.of(1.0, 2.0, 3.0)).minus(Mean.of(List.of(5.0, 5.0, 5.0))).degrees(), 1e-12);
        assertFalse(Mean.of(List.of(1.0)).minus(Mean.of(List.of(5.0, 6.0))).isClear());
    }
}
