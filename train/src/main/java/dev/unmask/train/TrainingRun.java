package dev.unmask.train;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.NonFiniteException;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.train.data.FolderLock;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A training run and its folder: {@code metrics.jsonl}, validations, checkpoints. It can be stopped at any step and
 * goes on later with the same bits.
 */
public final class TrainingRun {
    /** Told what happens; for progress bars. */
    public interface Listener {
        /** Does nothing. */
        Listener NONE =
                new Listener() {
                    @Override
                    public void step(StepMetrics metrics) {}

                    @Override
                    public void validation(long step, Validation.Result result) {}

                    @Override
                    public void checkpoint(Path folder) {}
                };

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
    private final RunState state;
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
            RunState state) {
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
        return folder.resolve(ModelFolder.CHECKPOINTS);
    }

    /** Asks the run to save and end after the micro-batch or the batch of a validation it is in; from any thread. */
    public void stop() {
        stopRequested = true;
    }

    /**
     * Trains until the end or until asked to stop; the last step is always saved. Where processes share the run,
     * process 0 alone tells, validates and writes, and all stop when one is asked to. The folder is the run's alone
     * meanwhile; what killed runs have left half written in it is deleted.
     *
     * @param listener told what happens
     * @return whether the end was reached
     * @throws IOException if a file of the run cannot be written
     * @throws InputException if another run uses the folder
     * @throws TrainingDivergedException if the loss, the gradients or the weights are no longer numbers
     */
    public boolean run(Listener listener) throws IOException {
        if (trainer.exchange().rank() > 0) {
            return follow();
        }
        try (FolderLock _ = FolderLock.take(folder)) {
            AtomicFiles.sweep(folder);
            checkpoints.sweep();
            try (MetricsFile metrics = MetricsFile.open(folder.resolve(METRICS), trainer.step())) {
                return run(metrics, listener);
            }
        }
    }

    private boolean run(MetricsFile metrics, Listener listener) throws IOException {
        long saved = trainer.step();
        if (validates() && !metrics.hasValidation(trainer.step())) {
            validate(metrics, listener);
        }
        while (trainer.step() < plan.steps() && !stops()) {
            Optional<StepMetrics> made = trainer.next(() -> stopRequested);
            if (made.isEmpty()) {
                break;
            }
            StepMetrics done = made.get();
            metrics.step(done);
            listener.step(done);
            requireNumbers(done);
            if (validates()) {
                validate(metrics, listener);
            }
            if (due(plan.checkpointEvery())) {
                save(metrics, listener);
                saved = trainer.step();
            }
        }
        if (trainer.step() > saved) {
            save(metrics, listener);
        }
        return trainer.step() >= plan.steps();
    }

    /** Makes this process's part of every step and of every save, and nothing else. */
    private boolean follow() throws IOException {
        long saved = trainer.step();
        while (trainer.step() < plan.steps() && !stops()) {
            requireNumbers(trainer.next());
            if (due(plan.checkpointEvery())) {
                Checkpoint.lend(trainer);
                saved = trainer.step();
            }
        }
        if (trainer.step() > saved) {
            Checkpoint.lend(trainer);
        }
        return trainer.step() >= plan.steps();
    }

    /** Whether any process was asked to stop: all must agree before the next step. */
    private boolean stops() {
        GradientExchange exchange = trainer.exchange();
        return exchange.ranks() == 1 ? stopRequested : exchange.sum(stopRequested ? 1 : 0) > 0;
    }

    private boolean validates() {
        return trainer.step() == 0 || trainer.step() == plan.steps() || due(plan.validateEvery());
    }

    private boolean due(long every) {
        return every > 0 && trainer.step() % every == 0;
    }

    private void validate(MetricsFile metrics, Listener listener) throws IOException {
        if (validation.isPresent()) {
            Optional<Validation.Result> result = validation.get().measure(() -> stopRequested);
            if (result.isPresent()) {
                metrics.validation(trainer.step(), result.get());
                listener.validation(trainer.step(), result.get());
                if (!Double.isFinite(result.get().loss())) {
                    throw new TrainingDivergedException(
                            trainer.step(), "validation loss " + result.get().loss(), checkpoints.latest());
                }
            }
        }
    }

    private void save(MetricsFile metrics, Listener listener) throws IOException {
        metrics.force();
        Path folder;
        try {
            folder = checkpoints.save(trainer, tokenizer, state);
        } catch (NonFiniteException e) {
            throw new TrainingDivergedException(trainer.step(), e.getMessage(), checkpoints.latest());
        }
        listener.checkpoint(folder);
    }

    private void requireNumbers(StepMetrics done) throws IOException {
        if (trainer.leavesOutTooMany()) {
            throw new TrainingDivergedException(
                    done.step(),
                    "loss "
                            + done.loss()
                            + ", gradient norm "
                            + done.gradientNorm()
                            + ", the last of too many steps in"
                            + " a row that stood out and were left out",
                    checkpoints.latest());
        }
        if (done.leftOut() || Double.isFinite(done.loss()) && Double.isFinite(done.gradientNorm())) {
            return;
        }
        // A loss that is no number was ruined by the update before, though its weights may have been finite.
        long good = Double.isFinite(done.loss()) ? done.step() - 1 : done.step() - 2;
        throw new TrainingDivergedException(
                done.step(),
                "loss " + done.loss() + ", gradient norm " + done.gradientNorm(),
                checkpoints.latest(good));
    }
}
