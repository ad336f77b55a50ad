package dev.unmask.train.reversal;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.DiffusionObjective;
import dev.unmask.train.GradientExchange;
import dev.unmask.train.Objective;
import dev.unmask.train.RunState;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.TrainingRun;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A model that learns sentences by heart, and the run in which it does. */
public final class Twin {
    private final Backend backend;
    private final Trainer trainer;
    private final TrainingRun run;
    private final int length;
    private final int end;

    /**
     * Where a twin lives.
     *
     * @param folder of its run; made if missing
     * @param tokenizer its {@code tokenizer.json}
     */
    public record Place(Path folder, Path tokenizer) {
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

    /**
     * A twin at its beginning, or where its newest checkpoint is.
     *
     * @param backend owns the model
     * @param config its sizes, and whether it is masked or causal
     * @param sentences what it reads
     * @param settings how it is trained
     * @param place its folder
     * @throws IOException if a checkpoint cannot be read
     */
    public Twin(Backend backend, ModelConfig config, Sentences sentences, TrainerSettings settings, Place place)
            throws IOException {
        Optional<Checkpoint> checkpoint = place.checkpoint();
        Transformer model =
                checkpoint.isPresent()
                        ? ModelFolder.open(checkpoint.get().folder()).load(backend, Weights.Use.TRAINING)
                        : Initialization.of(backend, config, settings.seed());
        this.backend = backend;
        this.length = settings.length();
        this.end = sentences.end();
        this.trainer = trainer(backend, model, sentences, settings);
        if (checkpoint.isPresent()) {
            checkpoint.get().restore(trainer);
        }
        long third = Math.max(1, settings.steps() / 3);
        this.run =
                new TrainingRun(
                        place.folder(),
                        trainer,
                        Optional.empty(),
                        new TrainingRun.Plan(settings.steps(), 0, third, 1),
                        Optional.of(place.tokenizer()),
                        RunState.NONE);
    }

    private static Trainer trainer(
            Backend backend, Transformer model, Sentences sentences, TrainerSettings settings) {
        ModelConfig config = model.config();
        Objective objective =
                config.causal()
                        ? Objective.of(config)
                        : new SentenceDiffusion(new DiffusionObjective(config.maskToken()), sentences.end());
        return new Trainer(backend, model, sentences, settings, objective, GradientExchange.NONE);
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

    /**
     * The model as somebody to be asked.
     *
     * @return a pupil
     */
    public Pupil pupil() {
        return trainer.model().config().causal()
                ? new CausalPupil(new AutoregressiveSampler(backend, trainer.model()), length, end)
                : masked();
    }

    /**
     * The masked model as somebody to be asked.
     *
     * @return a pupil
     * @throws IllegalStateException if the model is causal
     */
    public MaskedPupil masked() {
        return new MaskedPupil(new MaskedSampler(backend, trainer.model()), length, end);
    }
}
