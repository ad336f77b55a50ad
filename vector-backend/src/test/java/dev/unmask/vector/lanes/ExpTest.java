package dev.unmask.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

import org.junit.jupiter.api.Test;

final class ExpTest {
    private static final int STEP = 997;

    @Test
    void float32IsWithinTwoUlpOverItsWholeDomain() {
        double worst = 0;
        for (long bits = 0; bits <= Float.floatToRawIntBits(Exp.GREATEST); bits += STEP) {
            worst = Math.max(worst, error(Float.intBitsToFloat((int) bits)));
        }
        for (long bits = 0; bits <= Float.floatToRawIntBits(-Exp.LEAST); bits += STEP) {
            worst = Math.max(worst, error(-Float.intBitsToFloat((int) bits)));
        }
        assertTrue(worst <= 2, "worst error is " + worst + " ulp");
    }

    private static double error(float x) {
        float found = exp(x);
        double expected = Math.exp(x);
        return Math.abs(found - expected) / Math.ulp((float) expected);
    }

    @Test
    void float32TakesTheEndsOfItsDomain() {
        assertEquals(0f, exp(Float.NEGATIVE_INFINITY));
        assertEquals(0f, exp(-1e30f));
        assertEquals(1f, exp(0f));
        assertEquals(1f, exp(-0f));
        assertEquals(0f, exp(Math.nextDown(Exp.LEAST)));
        assertEquals(Float.MIN_VALUE, exp(Math.nextUp(Exp.LEAST)));
        assertTrue(Float.isNaN(exp(Float.NaN)));
    }

    @Test
    void normalResultsAreWithinTwoUlpAndThoseBelowAreZero() {
        double worst = 0;
        for (float x = 88; x > Exp.LEAST_NORMAL; x -= 0.000713f) {
            double expected = Math.exp(x);
            worst = Math.max(worst, Math.abs(normal(x) - expected) / Math.ulp((float) expected));
        }
        assertTrue(worst <= 2, "worst error is " + worst + " ulp");
        assertTrue(normal(Exp.LEAST_NORMAL) >= Float.MIN_NORMAL);
        assertEquals(0f, normal(Math.nextDown(Exp.LEAST_NORMAL)));
        assertEquals(0f, normal(-1e30f));
        assertEquals(0f, normal(Float.NEGATIVE_INFINITY));
        assertEquals(1f, normal(0f));
        assertTrue(Float.isNaN(normal(Float.NaN)));
    }

    private static float normal(float x) {
        return Exp.ofNormal(FloatVector.broadcast(Species.FLOATS, x)).lane(0);
    }

    @Test
    void float64IsWithinTwoUlp() {
        double worst = 0;
        for (double x = Exp.LEAST_DOUBLE; x < Exp.GREATEST_DOUBLE; x += 0.00713) {
            double expected = StrictMath.exp(x);
            worst = Math.max(worst, Math.abs(exp(x) - expected) / Math.ulp(expected));
        }
        assertTrue(worst <= 2, "worst error is " + worst + " ulp");
    }

    @Test
    void float64TakesTheEndsOfItsDomain() {
        assertEquals(0.0, exp(Double.NEGATIVE_INFINITY));
        assertEquals(0.0, exp(-1e300));
        assertEquals(1.0, exp(0.0));
        assertEquals(Double.POSITIVE_INFINITY, exp(710.0));
        assertEquals(Double.POSITIVE_INFINITY, exp(Double.POSITIVE_INFINITY));
        assertTrue(Double.isNaN(exp(Double.NaN)));
    }

    private static float exp(float x) {
        return Exp.of(FloatVector.broadcast(Species.FLOATS, x)).lane(0);
    }

    private static double exp(double x) {
        return Exp.of(DoubleVector.broadcast(Species.DOUBLES, x)).lane(0);
    }
}
