package dev.unmask.train.cli;

import dev.unmask.model.ModelFolder;
import dev.unmask.tensor.InputException;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.RunConfig;
import dev.unmask.train.TrainerSettings;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The sizes that a run was made with, for what measures it.
 *
 * @param length tokens of a sequence, if the model is of a run
 * @param batch sequences at once, if the model is of a run
 */
record RunSizes(Optional<Integer> length, Optional<Integer> batch) {
    /** Reads them from what a model's path names: a run, one of its checkpoints, or another model, which has none. */
    static RunSizes of(Path model) throws IOException {
        Optional<Checkpoint> checkpoint = Checkpoint.around(ModelFolder.resolve(model));
        if (checkpoint.isEmpty()) {
            return new RunSizes(Optional.empty(), Optional.empty());
        }
        try {
            Optional<TrainerSettings> trainer = checkpoint.get().state().config().map(RunConfig::trainer);
            return new RunSizes(trainer.map(TrainerSettings::length), trainer.map(TrainerSettings::microBatch));
        } catch (InputException namedWhereTheModelIsLoaded) {
            return new RunSizes(Optional.empty(), Optional.empty());
        }
    }
}
