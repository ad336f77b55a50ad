package dev.unmask.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads the tokens of any kind of {@code tokenizer.json}: those of the model and those added to it. */
final class VocabularyReader {
    /** No published vocabulary comes near. */
    private static final int MOST_IDS = 1 << 24;

    /**
     * Vocabularies leave few ids out: an id much beyond the number of tokens is a slip, and would ask for gigabytes.
     */
    private static final int IDS_A_TOKEN = 16;

    private final Path file;
    private final long bound;
    private final List<String> tokens = new ArrayList<>();

    private VocabularyReader(Path file, long entries) {
        this.file = file;
        this.bound = Math.min(MOST_IDS, IDS_A_TOKEN * entries);
    }

    static Vocabulary read(Path file, JsonNode root) throws IOException {
        JsonNode model = root.path("model").path("vocab");
        VocabularyReader reader = new VocabularyReader(file, (long) model.size() + root.path("added_tokens").size());
        if (model.isObject()) {
            for (Map.Entry<String, JsonNode> entry : model.properties()) {
                reader.put(entry.getKey(), entry.getValue());
            }
        } else {
            for (JsonNode piece : model) {
                // Unigram: pieces with their scores, the id is the place in the list.
                if (!piece.path(0).isTextual()) {
                    throw reader.malformed(
                            "entry " + reader.tokens.size() + " of its vocab is not a token and a score");
                }
                reader.tokens.add(piece.path(0).textValue());
            }
        }
        return new Vocabulary(reader.tokens, reader.added(root.path("added_tokens")));
    }

    private List<AddedToken> added(JsonNode list) throws IOException {
        List<AddedToken> added = new ArrayList<>();
        for (JsonNode token : list) {
            String content = token.path("content").textValue();
            if (content == null || content.isEmpty()) {
                throw malformed("entry " + added.size() + " of added_tokens has no content");
            }
            put(content, token.path("id"));
            added.add(new AddedToken(token.path("id").intValue(), content, token.path("special").asBoolean()));
        }
        return added;
    }

    private void put(String token, JsonNode value) throws IOException {
        if (!value.isInt() || value.intValue() < 0 || value.intValue() >= bound) {
            throw malformed(
                    "token \""
                            + token
                            + "\" has the id "
                            + value
                            + ", not one from 0 to "
                            + (bound - 1)
                            + ", as a vocabulary of so few tokens may have");
        }
        int id = value.intValue();
        while (tokens.size() <= id) {
            tokens.add("");
        }
        if (!tokens.get(id).isEmpty() && !tokens.get(id).equals(token)) {
            throw malformed("id " + id + " is given to both \"" + tokens.get(id) + "\" and \"" + token + "\"");
        }
        tokens.set(id, token);
    }

    private IOException malformed(String found) {
        return TokenizerFile.malformed(file, found);
    }
}
