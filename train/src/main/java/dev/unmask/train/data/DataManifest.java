package dev.unmask.train.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the tokens of a run were made of and what they are, kept beside them as {@code data.json}. It is written last:
 * while it is missing, the other files count for nothing.
 *
 * @param settings sources, layout and tokenizer as they were asked for
 * @param text what the sources held
 * @param tokenizer fingerprint of the tokenizer, 16 hexadecimal digits
 * @param lost records that held no document and were left out
 * @param training files of training tokens, one for each source that is weighted, or one
 * @param validation files of validation tokens, likewise
 */
@JsonPropertyOrder({"settings", "text", "tokenizer", "lost", "training", "validation"})
public record DataManifest(
        @JsonProperty("settings") DataSettings settings,
        @JsonProperty("text") TextContent text,
        @JsonProperty("tokenizer") String tokenizer,
        @JsonProperty("lost") long lost,
        @JsonProperty("training") List<TokenFile> training,
        @JsonProperty("validation") List<TokenFile> validation) {
    /**
     * A packed file.
     *
     * @param name within the folder
     * @param documents in it
     * @param tokens in it
     * @param sha256 of its bytes, 64 hexadecimal digits
     */
    @JsonPropertyOrder({"name", "documents", "tokens", "sha256"})
    public record TokenFile(
            @JsonProperty("name") String name,
            @JsonProperty("documents") long documents,
            @JsonProperty("tokens") long tokens,
            @JsonProperty("sha256") String sha256) {
        static TokenFile of(Path file) throws IOException {
            PackedTokens packed = PackedTokens.open(file);
            return new TokenFile(file.getFileName().toString(), packed.documents(), packed.tokens(), Sha256.of(file));
        }
    }

    /** Takes copies. */
    public DataManifest {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
    }

    private static final String NAME = "data.json";

    static Path file(Path folder) {
        return folder.resolve(NAME);
    }

    /**
     * The manifest in a folder.
     *
     * @param folder where tokens are
     * @return what they are; empty if there is none, or none that this version can read
     * @throws IOException if it cannot be read
     */
    public static Optional<DataManifest> read(Path folder) throws IOException {
        Path file = file(folder);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(StrictJson.bind(StrictJson.read(file), DataManifest.class, file.toString()));
        } catch (InputException damagedOrOfAnOlderVersion) {
            return Optional.empty();
        }
    }

    void write(Path folder) throws IOException {
        AtomicFiles.write(file(folder), StrictJson.print(this));
    }

    static String hexadecimal(TextTokenizer tokenizer) {
        return HexFormat.of().toHexDigits(tokenizer.fingerprint());
    }

    /** Whether the tokens were made with such settings, wherever the text lay and whatever the tokenizer was called. */
    boolean isMadeAs(DataSettings other) {
        return settings.documents().equals(other.documents())
                && settings.records().equals(other.records())
                && settings.sequences() == other.sequences()
                && settings.longest() == other.longest()
                && settings.weights().isEmpty() == other.weights().isEmpty()
                && settings.validationFraction() == other.validationFraction();
    }

    boolean isMadeBy(TextTokenizer other) {
        return tokenizer.equals(hexadecimal(other));
    }

    /** What is wrong with the files that it tells of; empty if they are whole. */
    Optional<String> damage(Path folder) throws IOException {
        for (TokenFile told : Stream.concat(training.stream(), validation.stream()).toList()) {
            Path file = folder.resolve(told.name());
            if (!Files.isRegularFile(file)) {
                return Optional.of(file + " is not there");
            }
            if (!Sha256.of(file).equals(told.sha256())) {
                return Optional.of(file + " is damaged");
            }
        }
        return Optional.empty();
    }
}
