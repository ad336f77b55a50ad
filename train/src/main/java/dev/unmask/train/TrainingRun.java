package dev.unmask.train;

import com.fasterxml.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A training run and its folder: {@code metrics.jsonl}, validations, checkpoints. It can be stopped at any step and
 * goes on later with the same bits.
 */
public final class TrainingRun {
    /** Told what happens; for progress bars. */
    public interface Listener {
        /**
         * A step is done.
         *
         * @param metrics what it did
         */
        void step(StepMetrics metrics);

        /**
         * A validation is done.
         *
         * @param step steps done
         * @param result what was measured
         */
        void validation(long step, Validation.Result result);

        /**
         * A checkpoint has been written.
         *
         * @param folder where
         */
        void checkpoint(Path folder);
    }

    /**
     * When to do what.
     *
     * @param steps where the run ends
     * @param validateEvery steps between validations; 0: only at the end
     * @param checkpointEvery steps between checkpoints; 0: only at the end
     * @param keep how many checkpoints are kept
     */
    public record Plan(long steps, long validateEvery, long checkpointEvery, int keep) {}

    /** The file name of the metrics within the run's folder. */
    public static final String METRICS = "metrics.jsonl";

    private final Path folder;
    private final Trainer trainer;
    private final Optional<Validation> validation;
    private final Plan plan;
    private final Checkpoints checkpoints;
    private final Optional<Path> tokenizer;
    private final ObjectNode state;
    private volatile boolean stopRequested;

    /**
     * A run in a folder.
     *
     * @param folder made if missing
     * @param trainer at step 0, or restored from a checkpoint
     * @param validation how to validate, if at all
     * @param plan when to do what
     * @param tokenizer kept with every checkpoint, if there is one
     * @param state what else belongs into a checkpoint
     */
    public TrainingRun(
            Path folder,
            Trainer trainer,
            Optional<Validation> validation,
            Plan plan,
            Optional<Path> tokenizer,
            ObjectNode state) {
        this.folder = folder;
        this.trainer = trainer;
        this.validation = validation;
        this.plan = plan;
        this.checkpoints = new Checkpoints(checkpointsIn(folder), plan.keep());
        this.tokenizer = tokenizer;
        this.state = state;
    }

    /**
     * Where a run keeps its checkpoints.
     *
     * @param folder the run's folder
     * @return a folder in it
     */
    public static Path checkpointsIn(Path folder) {
        return folder.resolve("checkpoints");
    }

    /** Asks the run to save and end after the step it is in; from any thread. */
    public void stop() {
        stopRequested = true;
    }

    /**
     * Trains until the end or until asked to stop; the last step is always saved.
     *
     * @param listener told what happens
     * @return whether the end was reached
     * @throws IOException if a file of the run cannot be written
     * @throws TrainingDivergedException if the loss is no longer a number
     */
    public boolean run(Listener listener) throws IOException {
        Files.createDirectories(folder);
        long saved = trainer.step();
        try (MetricsFile metrics = MetricsFile.open(folder.resolve(METRICS), trainer.step())) {
            if (trainer.step() == 0) {
                validate(metrics, listener);
            }
            while (trainer.step() < plan.steps() && !stopRequested) {
                StepMetrics done = trainer.next();
                metrics.step(done);
                listener.step(done);
                if (!Double.isFinite(done.loss()) || !Double.isFinite(done.gradientNorm())) {
                    throw new TrainingDivergedException(done);
                }
                boolean last = done.step() == plan.steps();
                if (last || due(plan.validateEvery())) {
                    validate(metrics, listener);
                }
                if (!last && due(plan.checkpointEvery())) {
                    listener.checkpoint(checkpoints.save(trainer, tokenizer, state));
                    saved = trainer.step();
                }
            }
        }
        if (trainer.step() > saved) {
            listener.checkpoint(checkpoints.save(trainer, tokenizer, state));
        }
        return trainer.step() >= plan.steps();
    }

    private boolean due(long every) {
        return every > 0 && trainer.step() % every == 0;
    }

    private void validate(MetricsFile metrics, Listener listener) throws IOException {
        if (validation.isPresent()) {
            Validation.Result result = validation.get().measure();
            metrics.validation(trainer.step(), result);
            listener.validation(trainer.step(), result);
        }
    }
}
