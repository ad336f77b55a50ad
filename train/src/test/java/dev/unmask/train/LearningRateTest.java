package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;

class LearningRateTest {
    private static final LearningRate RATE = new LearningRate(2e-4, 2e-5, 10);

    @Test
    void theWarmUpBeginsAtZeroAndIsLinear() {
        assertEquals(0, RATE.at(0, 110));
        assertEquals(1e-4, RATE.at(5, 110), 1e-18);
        assertEquals(2e-4, RATE.at(10, 110), 1e-18);
    }

    @Test
    void theDecayIsHalfACosineDownToTheLast() {
        assertEquals(1.1e-4, RATE.at(60, 110), 1e-18);
        assertEquals(2e-5 + 0.5 * (1 + Math.sqrt(0.5)) * 1.8e-4, RATE.at(35, 110), 1e-18);
        assertEquals(2e-5, RATE.at(110, 110));
        assertEquals(2e-5, RATE.at(1000, 110));
    }

    @Test
    void theDefaultWarmUpIsOnePerCentButAtLeastAHundredAndNeverMoreThanATenth() {
        assertEquals(200, LearningRate.defaultWarmup(20_000));
        assertEquals(100, LearningRate.defaultWarmup(5_000));
        assertEquals(30, LearningRate.defaultWarmup(300));
    }

    @Test
    void impossibleRatesAreRefused() {
        assertThrows(InputException.class, () -> new LearningRate(0, 0, 1));
        assertThrows(InputException.class, () -> new LearningRate(1e-3, 2e-3, 1));
        assertThrows(InputException.class, () -> new LearningRate(Double.NaN, 0, 1));
        assertThrows(InputException.class, () -> new LearningRate(1e-3, 1e-4, -1));
    }
}
