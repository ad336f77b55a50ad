package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.Objective;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.experiment.ResumableTraining;
import dev.unmask.train.records.RecordBlocks;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** How many steps the demo makes of its twins. */
class PacedTrainingTest {
    @TempDir private Path folder;

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
    void aFewStepsAreWatchedForTwiceAsLong() {
        assertFalse(PacedTraining.watched(2, 13, 12));
        assertTrue(PacedTraining.watched(10, 12, 12));
        assertTrue(PacedTraining.watched(2, 24, 12));
    }

    @Test
    void whatIsPlannedIsAllThatIsShown() {
        CommandLineOutcome outcome = CommandLineOutcome.of(() -> {
            try (Backend backend = Backends.open("reference", BackendOptions.defaults())) {
                return trained(backend);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("of 100 steps, which are enough, only 25 are made"), outcome.err());
        assertTrue(outcome.err().contains("a twin: 25 of 25 (100%)"), outcome.err());
    }

    /** In no time at all, so that as few steps are made as may be. */
    private int trained(Backend backend) throws IOException {
        ModelConfig config = ModelConfig.masked(1, 1, 8, 16, 10);
        PacedTraining paced = new PacedTraining("a twin", 100, 0, new RunStopper());
        return paced.run(
                                steps ->
                                        new ResumableTraining(
                                                backend,
                                                config,
                                                new ResumableTraining.Task(
                                                        new RecordBlocks(List.of(new int[] {1, 2, 3, 4})),
                                                        Objective.of(config),
                                                        TrainerSettings.of(steps, 1, 4, 1e-3)),
                                                new ResumableTraining.Place(folder, Optional.empty())))
                        .isPresent()
                ? 0
                : 1;
    }

    @Test
    void aFewAreMadeOfAnyTarget() {
        assertEquals(22, PacedTraining.steps(40, 2, 5, 0));
        assertEquals(15, PacedTraining.steps(15, 2, 5, 0));
    }
}
