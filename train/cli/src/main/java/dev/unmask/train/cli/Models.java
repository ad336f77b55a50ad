package dev.unmask.train.cli;

import dev.unmask.train.Checkpoints;
import dev.unmask.train.TrainingRun;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the model that a path means. */
final class Models {
    private Models() {}

    /** The newest checkpoint if the path is a run's folder, else the path itself. */
    static Path resolve(Path path) throws IOException {
        Path checkpoints = TrainingRun.checkpointsIn(path);
        return Files.isDirectory(checkpoints) ? new Checkpoints(checkpoints, 1).latest().orElse(path) : path;
    }
}
