package dev.unmask.train.data;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.FileKind;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * A kind of file with records that needs a library. Found by {@link ServiceLoader}: Parquet comes with the artifact
 * {@code unmask-parquet}.
 */
public interface RecordFormat {
    /**
     * What its files are.
     *
     * @return their kind, by their first bytes
     */
    FileKind kind();

    /**
     * Opens a file.
     *
     * @param file of the kind
     * @return its records
     * @throws IOException if it cannot be read or is malformed; the message names it
     */
    Records open(Path file) throws IOException;

    /**
     * The records of a file, each a map from the names of its fields to strings, numbers, truth values, {@code List}s
     * and {@code Map}s; a field without a value is left out or null. {@link #next} throws {@link
     * java.io.UncheckedIOException} if the file cannot be read on.
     */
    interface Records extends Iterator<Map<String, Object>>, AutoCloseable {
        /**
         * How many there are.
         *
         * @return at least 0
         */
        long size();

        @Override
        void close();
    }

    /** Opens a file by what is there for its kind. */
    static Records open(FileKind kind, Path file) throws IOException {
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
