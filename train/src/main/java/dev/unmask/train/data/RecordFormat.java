package dev.unmask.train.data;

import dev.unmask.tensor.io.FileKind;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
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
}
