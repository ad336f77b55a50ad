package dev.unmask.model.tokenizer;

import dev.unmask.tensor.InputException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The names of tokens, and which of them are cut out of a text before anything else. */
final class Vocabulary {
    private final List<String> tokens;
    private final List<AddedToken> added;
    private final Map<String, Integer> ids;

    /**
     * A vocabulary.
     *
     * @param tokens the name of each id, empty where there is none
     * @param added those that are cut out of a text
     */
    Vocabulary(List<String> tokens, List<AddedToken> added) {
        this.tokens = List.copyOf(tokens);
        this.added = List.copyOf(added);
        this.ids = HashMap.newHashMap(tokens.size());
        for (int id = 0; id < tokens.size(); id++) {
            if (!tokens.get(id).isEmpty()) {
                ids.putIfAbsent(tokens.get(id), id);
            }
        }
    }

    int size() {
        return tokens.size();
    }

    List<String> tokens() {
        return tokens;
    }

    List<AddedToken> added() {
        return added;
    }

    OptionalInt id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    String token(int id) {
        if (id < 0 || id >= tokens.size()) {
            throw new InputException(
                    "token id "
                            + id
                            + " is not of the vocabulary: expected 0 to "
                            + (tokens.size() - 1)
                            + (id == tokens.size() ? "; this is the mask token, which stands for no text" : ""));
        }
        return tokens.get(id);
    }

    /** Whether an id stands for a token: the vocabulary may leave some out, and models have some beyond it. */
    boolean isToken(int id) {
        if (id < 0) {
            throw new IllegalArgumentException("token id: found " + id + ", expected at least 0");
        }
        return id < tokens.size() && !tokens.get(id).isEmpty();
    }
}
