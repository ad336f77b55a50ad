package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.Verification;
import dev.unmask.model.Weights;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.AdamWSettings;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.LearningRate;
import dev.unmask.train.RunState;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.TrainingDivergedException;
import dev.unmask.train.TrainingRun;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A run that diverges stops, leaves no checkpoint with numbers that are none, and names one that is good. */
class DivergenceTest {
    private static final int STEPS = 20;

    @TempDir private Path folder;

    private static TrainerSettings settings(double peak) {
        return TrainerSettings.of(STEPS, 2, Lines.LENGTH - 1, peak)
                .withSeed(7)
                .withLearningRate(new LearningRate(peak, peak / 10, 3))
                // By such a decay each step multiplies the weights by one minus a hundred learning rates.
                .withAdamW(new AdamWSettings(0.9, 0.95, 1e-8, 100, 1));
    }

    private static Trainer from(Backend backend, Path checkpoint, TrainerSettings settings) throws IOException {
        Trainer trainer =
                SmallRun.trainer(backend, ModelFolder.open(checkpoint).load(backend, Weights.Use.TRAINING), settings);
        new Checkpoint(checkpoint).restore(trainer);
        return trainer;
    }

    @ParameterizedTest
    @ValueSource(doubles = {3, 30, 100})
    void theCheckpointThatIsNamedGoesOnWithALowerLearningRate(double peak) throws IOException {
        try (Backend backend = SmallRun.cpu(2)) {
            TrainerSettings wild = settings(peak);
            Trainer good = SmallRun.trainer(backend, SmallRun.model(backend, false), settings(1e-4));
            Checkpoints checkpoints = new Checkpoints(TrainingRun.checkpointsIn(folder), 40);
            for (int i = 0; i < 3; i++) {
                good.next();
                checkpoints.save(good, Optional.empty(), RunState.NONE);
            }
            Trainer trainer = from(backend, checkpoints.latest().orElseThrow(), wild);
            TrainingRun run =
                    new TrainingRun(
                            folder,
                            trainer,
                            Optional.empty(),
                            new TrainingRun.Plan(STEPS, 0, 1, 40),
                            Optional.empty(),
                            RunState.NONE);
            String message =
                    assertThrows(TrainingDivergedException.class, () -> run.run(new SmallRun.StopAfter(run, -1)))
                            .getMessage();
            Matcher named = Pattern.compile("by --resume=(step-\\d{8}) with a lower learning rate").matcher(message);
            assertTrue(named.find(), message);
            Checkpoint whole = checkpoints.named(named.group(1)).orElseThrow();
            assertTrue(whole.step() >= 3, message);
            Trainer again = from(backend, whole.folder(), settings(1e-4));
            for (int i = 0; i < 3; i++) {
                assertTrue(Double.isFinite(again.next().loss()), message);
            }
            for (long step = STEPS; step > 0; step--) {
                Optional<Path> any = checkpoints.latest(step);
                new Checkpoint(any.orElseThrow()).verify(Verification.WHOLE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = 100)
    void withoutACheckpointItSaysToBeginAgain(double peak) throws IOException {
        try (Backend backend = SmallRun.cpu(2)) {
            Trainer trainer = SmallRun.trainer(backend, SmallRun.model(backend, false), settings(peak));
            TrainingRun run =
                    new TrainingRun(
                            folder,
                            trainer,
                            Optional.empty(),
                            new TrainingRun.Plan(STEPS, 0, 0, 1),
                            Optional.empty(),
                            RunState.NONE);
            String message =
                    assertThrows(TrainingDivergedException.class, () -> run.run(new SmallRun.StopAfter(run, -1)))
                            .getMessage();
            assertTrue(message.contains("no checkpoint is from before; begin again with a lower"), message);
            assertEquals(Optional.empty(), new Checkpoints(TrainingRun.checkpointsIn(folder), 1).latest());
            assertFalse(message.contains("--resume"), message);
        }
    }
}
