package dev.unmask.train.data;

import java.io.IOException;
import java.util.stream.Stream;

/** A named collection of documents, read one after the other; it may be far larger than memory. */
public interface Corpus {
    /**
     * What it is called in messages.
     *
     * @return a short name
     */
    String name();

    /**
     * The documents, always in the same order.
     *
     * @return a stream to be closed; it throws {@link java.io.UncheckedIOException} where a document cannot be read,
     *     naming the file and the line
     * @throws IOException if there is nothing to read
     */
    Stream<String> documents() throws IOException;
}
