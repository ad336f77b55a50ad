package dev.unmask.train.data;

import java.io.IOException;

/** A stream of documents, read anew each time and never all in memory. */
public interface Corpus {
    /** Takes documents one by one. */
    @FunctionalInterface
    interface Reader {
        /**
         * Takes the next document.
         *
         * @param text the document
         * @throws IOException if it cannot be handed on
         */
        void document(String text) throws IOException;
    }

    /**
     * What messages call it.
     *
     * @return a short name
     */
    String name();

    /**
     * Reads all documents in order.
     *
     * @param reader takes them
     * @throws IOException if a source cannot be read
     * @throws IllegalArgumentException if a source is malformed; the message names file and line
     */
    void read(Reader reader) throws IOException;

    /**
     * What changes when the text does, without reading it: sizes, times, versions.
     *
     * @return a short text
     * @throws IOException if a source cannot be looked at
     */
    String version() throws IOException;
}
