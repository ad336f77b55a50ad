package dev.unmask.train.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.InputException;

import java.util.List;

/**
 * What the text of a run is, and which tokens it becomes.
 *
 * @param sources {@code wordnet}, {@code wordnet:noun.animal,noun.food}, {@code wordnet:noun.location:40} (definitions
 *     of at most 40 characters), or paths of files and folders
 * @param documents what a document is in files: {@code file}, {@code line} or {@code jsonl}
 * @param tokenizer {@code bpe} (trained on the text), {@code bytes}, or the path of a tokenizer.json
 * @param vocabulary tokens of a trained tokenizer
 * @param validationFraction part of the documents that are kept for validation
 */
@JsonPropertyOrder({"sources", "documents", "tokenizer", "vocabulary", "validation_fraction"})
public record DataSettings(
        @JsonProperty("sources") List<String> sources,
        @JsonProperty("documents") String documents,
        @JsonProperty("tokenizer") String tokenizer,
        @JsonProperty("vocabulary") int vocabulary,
        @JsonProperty("validation_fraction") double validationFraction) {
    private static final int LARGEST_VOCABULARY = 1 << 24;

    /** Checks the numbers. */
    public DataSettings {
        if (sources.stream().anyMatch(source -> source == null || source.isBlank())) {
            throw new InputException("sources: found an empty name, expected wordnet or the path of a text");
        }
        sources = List.copyOf(sources);
        if (vocabulary < 257 || vocabulary > LARGEST_VOCABULARY) {
            throw new InputException(
                    "vocabulary: found "
                            + vocabulary
                            + ", expected at least 257, the bytes and an end of text, and at most "
                            + LARGEST_VOCABULARY);
        }
        if (!(validationFraction >= 0 && validationFraction < 1)) {
            throw new InputException(
                    "validation_fraction: found " + validationFraction + ", expected a number from 0 to below 1");
        }
    }
}
