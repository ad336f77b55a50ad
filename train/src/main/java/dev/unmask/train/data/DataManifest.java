package dev.unmask.train.data;

import com.fasterxml.jackson.annotation.JsonProperty;

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

/**
 * What the tokens of a run were made of and what they are, kept beside them as {@code data.json}. It is written last:
 * while it is missing, the other files count for nothing.
 *
 * @param settings sources, layout and tokenizer as they were asked for
 * @param text what the sources held
 * @param tokenizer fingerprint of the tokenizer, 16 hexadecimal digits
 * @param training SHA-256 of the file of training tokens
 * @param validation SHA-256 of the file of validation tokens
 */
public record DataManifest(
        @JsonProperty("settings") DataSettings settings,
        @JsonProperty("text") TextContent text,
        @JsonProperty("tokenizer") String tokenizer,
        @JsonProperty("training") String training,
        @JsonProperty("validation") String validation) {
    private static final String NAME = "data.json";

    static Path file(Path folder) {
        return folder.resolve(NAME);
    }

    /** The manifest in a folder, if there is one that can be read. */
    static Optional<DataManifest> read(Path folder) throws IOException {
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
                && settings.validationFraction() == other.validationFraction();
    }

    boolean isMadeBy(TextTokenizer other) {
        return tokenizer.equals(hexadecimal(other));
    }

    /** What is wrong with the files that it tells of; empty if they are whole. */
    Optional<String> damage(List<Path> files) throws IOException {
        List<String> hashes = List.of(training, validation);
        for (int i = 0; i < hashes.size(); i++) {
            Path file = files.get(i);
            if (!Files.isRegularFile(file)) {
                return Optional.of(file + " is not there");
            }
            if (!Sha256.of(file).equals(hashes.get(i))) {
                return Optional.of(file + " is damaged");
            }
        }
        return Optional.empty();
    }
}
