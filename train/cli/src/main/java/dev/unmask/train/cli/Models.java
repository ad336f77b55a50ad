package dev.unmask.train.cli;

import dev.unmask.model.DamagedCheckpointException;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Verification;
import dev.unmask.train.Checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Models and checkpoints that must be as they were saved, and what to do where one is not. */
final class Models {
    private Models() {}

    /**
     * Finds the model that a path means. Of a checkpoint that is damaged it names the one before it that is whole.
     *
     * @param option what names the path, for messages
     */
    static ModelFolder open(String option, Path path, Verification how) throws IOException {
        Path model = ModelFolder.resolve(path);
        ModelFolder folder = advised(option, model, () -> ModelFolder.open(path, how));
        if (how == Verification.WHOLE && Checkpoint.around(model).isEmpty()) {
            System.err.println(
                    "--verify: found no training.json with hashes beside "
                            + model
                            + ": every weight is finite, there is nothing to compare it with");
        }
        return folder;
    }

    /** As {@link #open}, of what need not be a model by itself, such as adapters. */
    static Path checked(String option, Path path, Verification how) throws IOException {
        Path model = ModelFolder.resolve(path);
        return advised(
                option,
                model,
                () -> {
                    ModelFolder.verify(model, how);
                    return model;
                });
    }

    private interface Reading<T> {
        T read() throws IOException;
    }

    private static <T> T advised(String option, Path model, Reading<T> reading) throws IOException {
        Optional<Checkpoint> checkpoint = Checkpoint.around(model);
        try {
            T read = reading.read();
            if (checkpoint.isPresent()) {
                warnIfNotHashed(checkpoint.get());
            }
            return read;
        } catch (DamagedCheckpointException e) {
            if (checkpoint.isEmpty()) {
                throw e;
            }
            throw withAdvice(e, checkpoint.get(), before -> "name it by " + option + " " + Shell.quoted(before));
        }
    }

    /**
     * Refuses a checkpoint to go on from that is not as it was saved, and names the one before it that is.
     *
     * @param advice what to do with that one
     */
    static void verify(Checkpoint checkpoint, Verification how, Function<Path, String> advice) throws IOException {
        try {
            checkpoint.verify(how);
            warnIfNotHashed(checkpoint);
        } catch (DamagedCheckpointException e) {
            throw withAdvice(e, checkpoint, advice);
        }
    }

    private static void warnIfNotHashed(Checkpoint checkpoint) throws IOException {
        if (!checkpoint.isHashed()) {
            System.err.println(
                    checkpoint.folder()
                            + ": saved by an older version, without hashes of its files: damage would go unnoticed");
        }
    }

    private static DamagedCheckpointException withAdvice(
            DamagedCheckpointException e, Checkpoint checkpoint, Function<Path, String> advice) throws IOException {
        String offer =
                checkpoint
                        .wholeBefore()
                        .map(before ->
                                "; the one before it, "
                                        + before.folder().getFileName()
                                        + ", is whole: "
                                        + advice.apply(before.folder()))
                        .orElse("; no checkpoint before it is whole");
        return new DamagedCheckpointException(e.getMessage() + offer, e);
    }
}
