package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Parts a corpus into training and validation by a hash of each document's text. Neither the order nor the number of
 * other documents matters, and a document that occurs twice is on one side both times, so that no validation document
 * is ever trained on.
 *
 * @param validation the expected fraction of validation documents, in {@code [0, 1)}
 */
public record DocumentSplit(double validation) {
    /** Checks the fraction. */
    public DocumentSplit {
        if (!(validation >= 0 && validation < 1)) {
            throw new InputException(
                    "validation fraction: found " + validation + ", expected a number from 0 to below 1");
        }
    }

    /**
     * The documents to train on.
     *
     * @param corpus all documents
     * @return those that are not for validation
     */
    public Corpus training(Corpus corpus) {
        return new Part(corpus, corpus.name() + " (training)", document -> !isValidation(document));
    }

    /**
     * The documents to validate on.
     *
     * @param corpus all documents
     * @return those that are for validation
     */
    public Corpus validation(Corpus corpus) {
        return new Part(corpus, corpus.name() + " (validation)", this::isValidation);
    }

    /**
     * On which side a document is: its SHA-256, read as a number in {@code [0, 1)}, is below the fraction or not.
     *
     * @param document its text
     * @return whether it is for validation
     */
    public boolean isValidation(String document) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(document.getBytes(StandardCharsets.UTF_8));
            return (ByteBuffer.wrap(hash).getLong() >>> 11) * 0x1p-53 < validation;
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    private record Part(Corpus whole, String name, Predicate<String> belongs) implements Corpus {
        @Override
        public Stream<String> documents() throws IOException {
            return whole.documents().filter(belongs);
        }

        @Override
        public Stream<CorpusEntry> entries(LongConsumer read) throws IOException {
            return whole.entries(read)
                    .filter(entry ->
                            !(entry instanceof CorpusEntry.Document document) || belongs.test(document.group()));
        }

        @Override
        public long bytes() throws IOException {
            return whole.bytes();
        }
    }
}
