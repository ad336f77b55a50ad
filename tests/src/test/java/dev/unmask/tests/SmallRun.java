package dev.unmask.tests;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.LearningRate;
import dev.unmask.train.RunState;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;
import dev.unmask.train.data.TokenBlocks;

import java.nio.file.Path;
import java.util.Optional;

/** Training of models of two blocks on {@link Lines}. */
final class SmallRun {
    static final int VOCABULARY = 257;

    private SmallRun() {}

    static Backend cpu(int threads) {
        return Backends.open("vector", new BackendOptions(threads, ""));
    }

    static ModelConfig config(boolean causal) {
        return ModelConfig.masked(2, 4, 64, 160, VOCABULARY).withCausal(causal);
    }

    static Transformer model(Backend backend, boolean causal) {
        return Initialization.of(backend, config(causal), 1);
    }

    static TrainerSettings settings(long steps, int batch, int microBatch, int length, double shortRatio) {
        return TrainerSettings.of(steps, batch, length, 3e-3)
                .withMicroBatch(microBatch)
                .withShortRatio(shortRatio)
                .withSeed(7)
                .withLearningRate(new LearningRate(3e-3, 3e-4, 3));
    }

    static Trainer trainer(Backend backend, Transformer model, TrainerSettings settings) {
        return new Trainer(backend, model, new Lines(), settings);
    }

    /** A run that validates and saves every two steps. */
    static TrainingRun run(Backend backend, Path folder, Trainer trainer, long steps) {
        return run(backend, folder, trainer, steps, new Lines());
    }

    /** A run that validates, on some text, and saves every two steps. */
    static TrainingRun run(Backend backend, Path folder, Trainer trainer, long steps, TokenBlocks validated) {
        Validation validation =
                new Validation(
                        backend,
                        trainer.model(),
                        validated,
                        new Validation.Settings(4, Lines.LENGTH - 1, 2, 3, Precision.F32));
        return new TrainingRun(
                folder,
                trainer,
                Optional.of(validation),
                new TrainingRun.Plan(steps, 2, 2, 3),
                Optional.empty(),
                RunState.NONE);
    }

    /** Asks a run to stop once a step is done. */
    record StopAfter(TrainingRun run, long last) implements TrainingRun.Listener {
        @Override
        public void step(StepMetrics metrics) {
            if (metrics.step() == last) {
                run.stop();
            }
        }

        @Override
        public void validation(long step, Validation.Result result) {}

        @Override
        public void checkpoint(Path folder) {}
    }
}
