package dev.unmask.train.data;

import com.fasterxml.jackson.annotation.JsonProperty;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How far a packing has come, kept as {@code packing.json} until it is done: one that was killed goes on from there.
 *
 * @param key of what is packed how
 * @param tokenizer fingerprint of the tokenizer
 * @param source which of the sources that are packed apart
 * @param entries of the source's corpus that have been packed or lost
 * @param lost records that held no document, over all sources
 * @param lostBytes of the list of them
 * @param training what was written of the source
 * @param validation what was written of the source
 */
record PackingState(
        @JsonProperty("key") String key,
        @JsonProperty("tokenizer") String tokenizer,
        @JsonProperty("source") int source,
        @JsonProperty("entries") long entries,
        @JsonProperty("lost") long lost,
        @JsonProperty("lost_bytes") long lostBytes,
        @JsonProperty("training") Side training,
        @JsonProperty("validation") Side validation) {
    /** What to say of a folder with such a file and without a manifest. */
    static final String UNFINISHED =
            "found a packing that is not done; wait for it, or go on with it by the command that began it";

    /** As {@link GrowingTokens.Extent}. */
    record Side(
            @JsonProperty("tokens") long tokens,
            @JsonProperty("documents") long documents,
            @JsonProperty("longest") int longest) {
        static Side of(GrowingTokens.Extent extent) {
            return new Side(extent.tokens(), extent.documents(), extent.longest());
        }

        GrowingTokens.Extent extent() {
            return new GrowingTokens.Extent(tokens, documents, longest);
        }
    }

    static Path file(Path folder) {
        return folder.resolve("packing.json");
    }

    static PackingState none(String key, String tokenizer) {
        Side nothing = Side.of(GrowingTokens.Extent.NONE);
        return new PackingState(key, tokenizer, 0, 0, 0, 0, nothing, nothing);
    }

    static Optional<PackingState> read(Path folder) throws IOException {
        if (!Files.exists(file(folder))) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    StrictJson.bind(StrictJson.read(file(folder)), PackingState.class, file(folder).toString()));
        } catch (InputException damaged) {
            return Optional.empty();
        }
    }

    void write(Path folder) throws IOException {
        AtomicFiles.write(file(folder), StrictJson.print(this));
    }
}
