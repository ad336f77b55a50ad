package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** How many steps the demo makes of its twins. */
class PacedTrainingTest {
    @Test
    void allStepsThatAreEnoughAreMadeWhereTheyFit() {
        assertEquals(600, PacedTraining.steps(600, 50, 0.02, 60));
    }

    @Test
    void asManyAsFitAreMadeWhereNotAllDo() {
        assertEquals(50 + 300, PacedTraining.steps(600, 50, 0.1, 30));
    }

    @Test
    void aQuarterIsMadeOnTheSlowestMachine() {
        assertEquals(150, PacedTraining.steps(600, 1, 0.415, 2));
        assertEquals(900, PacedTraining.steps(3600, 12, 5, -30));
    }

    @Test
    void aFewAreMadeOfAnyTarget() {
        assertEquals(22, PacedTraining.steps(40, 2, 5, 0));
        assertEquals(15, PacedTraining.steps(15, 2, 5, 0));
    }
}
