package dev.unmask.train.data;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.InputException;

import java.util.List;

/**
 * What the text of a run is, and which tokens it becomes.
 *
 * @param sources {@code wordnet}, {@code wordnet:noun.animal,noun.food}, {@code wordnet:noun.location:40} (definitions
 *     of at most 40 characters), paths of files and folders of text; or of folders that {@code unmask data} has made,
 *     or of SMDM's packed {@code .bin} files
 * @param weights how often sequences of each source are trained on, in proportion; empty: as often as there are any
 * @param documents what a document is in files: {@code file}, {@code line}, {@code jsonl}, {@code csv} or {@code
 *     parquet}
 * @param records how a record becomes documents
 * @param sequences how documents become sequences
 * @param longest documents of more tokens are left out; 0: none is. Only for sequences of a document each
 * @param tokenizer {@code bpe} (trained on the text), {@code bytes}, or the path of a tokenizer.json
 * @param vocabulary tokens of a trained tokenizer
 * @param validationFraction part of the documents that are kept for validation
 * @param strict whether a record without a document ends the preparation; otherwise it is left out and counted
 */
@JsonPropertyOrder({
    "sources",
    "weights",
    "documents",
    "records",
    "sequences",
    "longest",
    "tokenizer",
    "vocabulary",
    "validation_fraction",
    "strict"
})
public record DataSettings(
        @JsonProperty("sources") List<String> sources,
        @JsonProperty("weights") List<Double> weights,
        @JsonProperty("documents") String documents,
        @JsonProperty("records") RecordSettings records,
        @JsonProperty("sequences") Sequences sequences,
        @JsonProperty("longest") int longest,
        @JsonProperty("tokenizer") String tokenizer,
        @JsonProperty("vocabulary") int vocabulary,
        @JsonProperty("validation_fraction") double validationFraction,
        @JsonProperty("strict") boolean strict) {
    /** The bytes and an end of text: the fewest tokens of a tokenizer that is trained on the text. */
    public static final int LEAST_VOCABULARY = 257;

    private static final int LARGEST_VOCABULARY = 1 << 24;

    /** How documents become sequences. */
    public enum Sequences {
        /** All documents make one stream, with the end-of-text token behind each, which is cut into sequences. */
        PACKED,
        /** A document is a sequence, filled up with end-of-text tokens, which are learnt as the rest is. */
        DOCUMENT,
        /** The same, but what of a document is given, as a prompt, is neither noised nor learnt. */
        PROMPT
    }

    /** Checks the numbers. */
    @JsonCreator
    public DataSettings {
        if (sources.stream().anyMatch(source -> source == null || source.isBlank())) {
            throw new InputException("sources: found an empty name, expected wordnet or the path of a text");
        }
        sources = List.copyOf(sources);
        weights = List.copyOf(weights);
        if (!weights.isEmpty() && weights.size() != sources.size()) {
            throw new InputException(
                    "weights: found "
                            + weights.size()
                            + ", expected "
                            + sources.size()
                            + ", one for each source of --data");
        }
        if (weights.stream().anyMatch(weight -> !(weight > 0 && weight <= 1e6))) {
            throw new InputException("weights: found " + weights + ", expected numbers above 0");
        }
        // Of another tokenizer than a trained one it says nothing: a published one may have fewer tokens.
        if (vocabulary < (tokenizer.equals("bpe") ? LEAST_VOCABULARY : 1) || vocabulary > LARGEST_VOCABULARY) {
            throw new InputException(
                    "vocabulary: found "
                            + vocabulary
                            + ", expected at least 257, the bytes and an end of text, and at most "
                            + LARGEST_VOCABULARY);
        }
        if (longest < 0) {
            throw new InputException("longest: found " + longest + ", expected at least 0 tokens");
        }
        if (!(validationFraction >= 0 && validationFraction < 1)) {
            throw new InputException(
                    "validation_fraction: found " + validationFraction + ", expected a number from 0 to below 1");
        }
    }

    /**
     * A stream of text whose records have the usual fields, all of which must be good.
     *
     * @param sources where it is
     * @param documents what a document is in files
     * @param tokenizer which tokens it becomes
     * @param vocabulary tokens of a trained tokenizer
     * @param validationFraction part of the documents that are kept for validation
     */
    public DataSettings(
            List<String> sources, String documents, String tokenizer, int vocabulary, double validationFraction) {
        this(
                sources,
                List.of(),
                documents,
                RecordSettings.DEFAULT,
                Sequences.PACKED,
                0,
                tokenizer,
                vocabulary,
                validationFraction,
                true);
    }

    /**
     * The same with other sources, as often as there are sequences of any.
     *
     * @param names where the text is
     * @return the settings
     */
    public DataSettings withSources(List<String> names) {
        return new DataSettings(
                names,
                List.of(),
                documents,
                records,
                sequences,
                longest,
                tokenizer,
                vocabulary,
                validationFraction,
                strict);
    }

    /**
     * The same with another tokenizer.
     *
     * @param name {@code bpe}, {@code bytes}, or the path of a tokenizer.json
     * @return the settings
     */
    public DataSettings withTokenizer(String name) {
        return new DataSettings(
                sources, weights, documents, records, sequences, longest, name, vocabulary, validationFraction, strict);
    }

    /**
     * The same for sequences of another length, which a document each must fit in.
     *
     * @param tokens the longest that a document may be; 0: of any length
     * @return the settings
     */
    public DataSettings withLongest(int tokens) {
        return new DataSettings(
                sources,
                weights,
                documents,
                records,
                sequences,
                tokens,
                tokenizer,
                vocabulary,
                validationFraction,
                strict);
    }
}
