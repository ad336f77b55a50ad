package dev.unmask.train.experiment;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.GradientExchange;
import dev.unmask.train.Objective;
import dev.unmask.train.RunState;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.data.TokenBlocks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The training of one of several models: it begins anew, or goes on from its newest checkpoint. */
public final class ResumableTraining {
    private static final int CHECKPOINTS = 3;

    private final Trainer trainer;
    private final TrainingRun run;

    /**
     * Where a training lives.
     *
     * @param folder of its run; made if missing
     * @param tokenizer its {@code tokenizer.json}, where what it reads is text
     */
    public record Place(Path folder, Optional<Path> tokenizer) {
        /**
         * The newest checkpoint.
         *
         * @return the checkpoint, if the run has saved one
         * @throws IOException if the folder cannot be read
         */
        public Optional<Checkpoint> checkpoint() throws IOException {
            return new Checkpoints(TrainingRun.checkpointsIn(folder), 1).latest().map(Checkpoint::new);
        }
    }

    /** What a model is before its training. */
    public interface Beginning {
        /**
         * Makes or reads it.
         *
         * @param backend owns the model
         * @return the model at step 0
         * @throws IOException if it cannot be read
         */
        Transformer model(Backend backend) throws IOException;

        /**
         * A new model.
         *
         * @param config its sizes, and whether it is masked or causal
         * @param seed of its weights
         * @return makes it
         */
        static Beginning anew(ModelConfig config, long seed) {
            return backend -> Initialization.of(backend, config, seed);
        }

        /**
         * A model that has learnt before.
         *
         * @param folder where it is
         * @return reads it
         */
        static Beginning from(ModelFolder folder) {
            return backend -> folder.load(backend, Weights.Use.TRAINING);
        }
    }

    /**
     * What is learnt from what.
     *
     * @param text the text
     * @param objective what the model is to learn of it
     * @param settings how
     */
    public record Task(TokenBlocks text, Objective objective, TrainerSettings settings) {}

    /**
     * The training of a new model at its beginning, or where its newest checkpoint is.
     *
     * @param backend owns the model
     * @param config its sizes, and whether it is masked or causal
     * @param task what it learns
     * @param place its folder
     * @throws IOException if a checkpoint cannot be read
     */
    public ResumableTraining(Backend backend, ModelConfig config, Task task, Place place) throws IOException {
        this(backend, Beginning.anew(config, task.settings.seed()), task, place);
    }

    /**
     * A training at its beginning, or where its newest checkpoint is.
     *
     * @param backend owns the model
     * @param beginning what the model is at step 0
     * @param task what it learns
     * @param place its folder
     * @throws IOException if a checkpoint cannot be read
     */
    public ResumableTraining(Backend backend, Beginning beginning, Task task, Place place) throws IOException {
        Optional<Checkpoint> checkpoint = place.checkpoint();
        Transformer model =
                checkpoint.isPresent()
                        ? ModelFolder.open(checkpoint.get().folder()).load(backend, Weights.Use.TRAINING)
                        : beginning.model(backend);
        this.trainer =
                new Trainer(backend, model, task.text, task.settings, task.objective, GradientExchange.NONE);
        if (checkpoint.isPresent()) {
            checkpoint.get().restore(trainer);
        }
        long steps = task.settings.steps();
        this.run =
                new TrainingRun(
                        place.folder,
                        trainer,
                        Optional.empty(),
                        new TrainingRun.Plan(steps, 0, Math.max(1, steps / CHECKPOINTS), 1),
                        place.tokenizer,
                        RunState.NONE);
    }

    /**
     * The run.
     *
     * @return trains, saves, can be stopped
     */
    public TrainingRun run() {
        return run;
    }

    /**
     * What makes its steps.
     *
     * @return the trainer
     */
    public Trainer trainer() {
        return trainer;
    }
}
