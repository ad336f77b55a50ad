package dev.unmask.train.data;

import dev.unmask.tensor.io.FileKind;

import java.io.IOException;
import java.io.InputStream;
import java.util.ServiceLoader;

/**
 * A way in which texts are compressed that needs a library; gzip does not. Found by {@link ServiceLoader}: Zstandard
 * comes with the artifact {@code unmask-parquet}.
 */
public interface Compression {
    /**
     * What its files are.
     *
     * @return their kind, by their first bytes
     */
    FileKind kind();

    /**
     * Unpacks a stream.
     *
     * @param packed what was compressed
     * @return what was in it; an {@link IOException} other than of reading means that it is damaged
     * @throws IOException if it cannot be read
     */
    InputStream unpack(InputStream packed) throws IOException;
}
