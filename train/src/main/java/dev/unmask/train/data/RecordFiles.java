package dev.unmask.train.data;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.FileKind;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceLoader;

/** Files whose records a library reads. */
final class RecordFiles {
    private RecordFiles() {}

    /** Opens a file by what is there for its kind. */
    static RecordFormat.Records open(FileKind kind, Path file) throws IOException {
        Optional<FileKind> found = FileKind.of(file);
        if (found.isPresent() && found.get() != kind) {
            throw new InputException(file + ": " + found.get().sentence() + "; expected a Parquet file");
        }
        for (RecordFormat format : ServiceLoader.load(RecordFormat.class, RecordFormat.class.getClassLoader())) {
            if (format.kind() == kind) {
                return format.open(file);
            }
        }
        throw new InputException(
                file
                        + ": "
                        + kind.sentence()
                        + "; or add the jar dev.unmask:unmask-parquet, which reads such files, to the program");
    }
}
