package dev.unmask.train.data;

import java.util.List;
import java.util.stream.Collectors;

/** What a corpus has at a place: a document, or the trace of a record that holds none. */
public sealed interface CorpusEntry {
    /**
     * A piece of a document.
     *
     * @param text what stands in it
     * @param given whether a model is told it and is not to learn it, as a prompt
     */
    record Part(String text, boolean given) {}

    /**
     * A document.
     *
     * @param parts in their order, at least one
     * @param group documents of one group are on one side of the split into training and validation; unless said
     *     otherwise the document's own text
     * @param where file and line, for messages; empty where that is not known
     */
    record Document(List<Part> parts, String group, String where) implements CorpusEntry {
        /** Takes a copy. */
        public Document {
            parts = List.copyOf(parts);
        }

        /**
         * A document from a place that is not known.
         *
         * @param parts in their order, at least one
         * @param group documents of one group are on one side of the split into training and validation
         */
        public Document(List<Part> parts, String group) {
            this(parts, group, "");
        }

        /** The same, from a place. */
        Document at(String place) {
            return new Document(parts, group, place);
        }

        /**
         * A document of a text that is learnt as a whole.
         *
         * @param text what stands in it
         * @return the document
         */
        public static Document of(String text) {
            return new Document(List.of(new Part(text, false)), text);
        }

        /**
         * All of it.
         *
         * @return its parts, one after the other
         */
        public String text() {
            return parts.size() == 1
                    ? parts.getFirst().text()
                    : parts.stream().map(Part::text).collect(Collectors.joining());
        }
    }

    /**
     * A record that could not be read.
     *
     * @param message names the file and the line, what was found there and what was expected
     */
    record Lost(String message) implements CorpusEntry {}
}
