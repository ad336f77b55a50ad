package dev.unmask.train.data;

import java.io.IOException;
import java.util.function.LongConsumer;
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

    /**
     * The same with the parts of documents, and with a trace of every record that could not be read where {@link
     * #documents} throws.
     *
     * @param read told how many bytes more have been read, for progress
     * @return a stream to be closed, always in the same order
     * @throws IOException if there is nothing to read
     */
    default Stream<CorpusEntry> entries(LongConsumer read) throws IOException {
        return documents().map(CorpusEntry.Document::of);
    }

    /**
     * How much there is to read, for progress.
     *
     * @return bytes, as {@link #entries} tells them; 0 if that is not known
     * @throws IOException if there is nothing to read
     */
    default long bytes() throws IOException {
        return 0;
    }
}
