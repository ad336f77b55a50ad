package dev.unmask.train.cli;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.Weights;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.DamagedCheckpointException;
import dev.unmask.train.TrainingRun;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Finds the model that a path means. */
final class Models {
    private Models() {}

    /** The newest checkpoint if the path is a run's folder, else the path itself. */
    static Path resolve(Path path) throws IOException {
        Path checkpoints = TrainingRun.checkpointsIn(path);
        return Files.isDirectory(checkpoints) ? new Checkpoints(checkpoints, 1).latest().orElse(path) : path;
    }

    /**
     * As {@link #resolve}, and refuses what is not as it was saved.
     *
     * @param option what names the path, for messages
     */
    static Path whole(String option, Path path, Checkpoint.Extent extent) throws IOException {
        Path found = resolve(path);
        Optional<Checkpoint> checkpoint = Checkpoint.around(found);
        if (checkpoint.isPresent()) {
            verify(checkpoint.get(), extent, before -> "name it by " + option + " " + Shell.quoted(before));
        }
        return found;
    }

    /** As {@link #whole}, by every byte; of a model without hashes every weight is looked at. */
    static Path verified(String option, Path path) throws IOException {
        Path found = resolve(path);
        if (Checkpoint.around(found).isPresent()) {
            return whole(option, path, Checkpoint.Extent.WHOLE);
        }
        WeightFiles files = WeightFiles.open(ModelFolder.open(found).weights());
        files.tensors().forEach(tensor -> Weights.refuseNonFinite(files.fileOf(tensor.name()), tensor));
        System.err.println(
                "--verify: found no training.json with hashes beside "
                        + found
                        + ": every weight is finite, there is nothing to compare it with");
        return found;
    }

    /**
     * Refuses a checkpoint that is not as it was saved, and names the one before it that is.
     *
     * @param advice what to do with that one
     */
    static void verify(Checkpoint checkpoint, Checkpoint.Extent extent, Function<Path, String> advice)
            throws IOException {
        try {
            checkpoint.verify(extent);
            if (!checkpoint.isHashed()) {
                System.err.println(
                        checkpoint.folder()
                                + ": saved by an older version, without hashes of its files: damage would go unnoticed");
            }
        } catch (DamagedCheckpointException e) {
            String offer =
                    checkpoint
                            .wholeBefore()
                            .map(before ->
                                    "; the one before it, "
                                            + before.folder().getFileName()
                                            + ", is whole: "
                                            + advice.apply(before.folder()))
                            .orElse("; no checkpoint before it is whole");
            throw new DamagedCheckpointException(e.getMessage() + offer, e);
        }
    }
}
