package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps that stand out from those before are left out, as long as they are few. */
class SpikeGuardTest {
    private static SpikeGuard after(int steps, SpikeSettings settings) {
        SpikeGuard guard = new SpikeGuard(settings);
        for (int i = 0; i < steps; i++) {
            assertFalse(guard.leavesOut(3 + 0.1 * (i % 3), 1 + 0.1 * (i % 5)));
        }
        return guard;
    }

    @ParameterizedTest
    @CsvSource({"9, 1", "3, 9", "NaN, 1", "3, Infinity"})
    void aStepThatStandsOutIsLeftOut(double loss, double norm) {
        SpikeGuard guard = after(40, new SpikeSettings(5, 2));

        assertTrue(guard.leavesOut(loss, norm));
        assertFalse(guard.leavesOut(3.1, 1.2));
    }

    @Test
    void aStepThatIsFarBelowIsNone() {
        assertFalse(after(40, new SpikeSettings(5, 2)).leavesOut(0.1, 0.1));
    }

    @Test
    void theFirstStepsHaveNothingToStandOutFrom() {
        assertFalse(after(8, new SpikeSettings(5, 2)).leavesOut(9, 9));
    }

    @Test
    void tooManyInARowEndTheRun() {
        SpikeGuard guard = after(40, new SpikeSettings(5, 2));
        for (int i = 0; i < 2; i++) {
            assertTrue(guard.leavesOut(Double.NaN, 1));
            assertFalse(guard.isTooMany());
        }
        guard.leavesOut(Double.NaN, 1);
        assertTrue(guard.isTooMany());
    }

    @Test
    void withoutSettingsEveryStepIsMade() {
        SpikeGuard guard = after(200, SpikeSettings.NONE);
        assertFalse(guard.leavesOut(1e9, 1e9));
        assertFalse(guard.leavesOut(Double.NaN, 1));
        assertFalse(guard.isTooMany());
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "NaN, 1", "5, 0", "5, -1"})
    void absurdSettingsAreRefused(double deviations, int most) {
        assertEquals(
                "spikes.",
                assertThrows(InputException.class, () -> new SpikeSettings(deviations, most))
                        .getMessage()
                        .substring(0, 7));
    }
}
