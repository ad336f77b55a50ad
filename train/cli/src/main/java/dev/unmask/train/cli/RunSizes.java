package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.train.Checkpoint;
import dev.unmask.train.DamagedCheckpointException;

import java.io.IOException;
import java.nio.file.Files;
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
        Path folder = Models.resolve(model);
        if (!Files.exists(folder.resolve("training.json"))) {
            return new RunSizes(Optional.empty(), Optional.empty());
        }
        try {
            JsonNode trainer = new Checkpoint(folder).state().path("config").path("trainer");
            return new RunSizes(positive(trainer.path("length")), positive(trainer.path("micro_batch")));
        } catch (DamagedCheckpointException namedWhereTheModelIsLoaded) {
            return new RunSizes(Optional.empty(), Optional.empty());
        }
    }

    private static Optional<Integer> positive(JsonNode number) {
        return number.isInt() && number.asInt() > 0 ? Optional.of(number.asInt()) : Optional.empty();
    }
}
