package dev.unmask.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokens with a role, as the files of a published model name them: {@code config.json} and {@code
 * generation_config.json} by ids, {@code tokenizer_config.json} and {@code special_tokens_map.json} by names that
 * {@code tokenizer.json} or {@code vocab.txt} gives ids. Whoever comes first in this order is believed.
 *
 * @param mask stands for a token to be found
 * @param begin begins a text
 * @param ends each ends a text; the first is the one of training
 * @param endOfTurn ends what one speaker says
 * @param padding fills shorter texts up
 */
public record TokenRoles(
        OptionalInt mask, OptionalInt begin, Set<Integer> ends, OptionalInt endOfTurn, OptionalInt padding) {
    /** No token has a role. */
    public static final TokenRoles NONE =
            new TokenRoles(
                    OptionalInt.empty(), OptionalInt.empty(), Set.of(), OptionalInt.empty(), OptionalInt.empty());

    private static final List<String> ENDS_OF_TURN =
            List.of("<|eot_id|>", "<|im_end|>", "<|role_end|>", "<|end_of_turn|>", "<end_of_turn>");

    /** Takes a copy of the ends, in their order. */
    public TokenRoles {
        ends = Collections.unmodifiableSet(new LinkedHashSet<>(ends));
    }

    /**
     * The tokens of a vocabulary that end what one speaker says, by the names that publishers give them.
     *
     * @param tokenizer knows the names
     * @return their ids, possibly none
     */
    public static Set<Integer> endsOfTurn(TextTokenizer tokenizer) {
        Set<Integer> found = new LinkedHashSet<>();
        ENDS_OF_TURN.forEach(name -> tokenizer.id(name).ifPresent(found::add));
        return found;
    }

    /** Reads the files of a folder. */
    static TokenRoles in(Path folder) throws IOException {
        List<PublishedConfig> byId = new ArrayList<>();
        for (String name : List.of("config.json", "generation_config.json")) {
            if (Files.exists(folder.resolve(name))) {
                byId.add(new PublishedConfig(folder.resolve(name).toString(), StrictJson.read(folder.resolve(name))));
            }
        }
        List<ObjectNode> byName = new ArrayList<>();
        for (String name : List.of("tokenizer_config.json", "special_tokens_map.json")) {
            if (Files.exists(folder.resolve(name))) {
                byName.add(StrictJson.read(folder.resolve(name)));
            }
        }
        Map<String, Integer> named = byName.isEmpty() ? Map.of() : ids(folder, byName);
        OptionalInt turn = ENDS_OF_TURN.stream().filter(named::containsKey).mapToInt(named::get).findFirst();
        return new TokenRoles(
                role("mask_token", byId, byName, named),
                role("bos_token", byId, byName, named),
                ends(byId, byName, named),
                turn,
                role("pad_token", byId, byName, named));
    }

    private static OptionalInt role(
            String token, List<PublishedConfig> byId, List<ObjectNode> byName, Map<String, Integer> named) {
        for (PublishedConfig config : byId) {
            OptionalInt id = config.id(token + "_id");
            if (id.isPresent()) {
                return id;
            }
        }
        for (ObjectNode config : byName) {
            String name = text(config.path(token));
            if (named.containsKey(name)) {
                return OptionalInt.of(named.get(name));
            }
        }
        return OptionalInt.empty();
    }

    /** Generation may end at more tokens than the model was trained with. */
    private static Set<Integer> ends(List<PublishedConfig> byId, List<ObjectNode> byName, Map<String, Integer> named) {
        Set<Integer> ends = new LinkedHashSet<>();
        byId.forEach(config -> ends.addAll(config.ids("eos_token_id")));
        if (ends.isEmpty()) {
            role("eos_token", List.of(), byName, named).ifPresent(ends::add);
        }
        return ends;
    }

    private static Map<String, Integer> ids(Path folder, List<ObjectNode> byName) throws IOException {
        Map<String, Integer> ids = new LinkedHashMap<>();
        Path vocabulary = folder.resolve("vocab.txt");
        if (Files.exists(vocabulary)) {
            List<String> lines = Files.readAllLines(vocabulary);
            for (int i = 0; i < lines.size(); i++) {
                ids.put(lines.get(i), i);
            }
        }
        Path tokenizer = folder.resolve(TextTokenizer.FILE_NAME);
        if (Files.exists(tokenizer)) {
            ObjectNode file = StrictJson.read(tokenizer);
            file.path("model")
                    .path("vocab")
                    .properties()
                    .forEach(entry -> ids.put(entry.getKey(), entry.getValue().intValue()));
            file.path("added_tokens").forEach(added -> ids.put(text(added.path("content")), added.path("id").asInt()));
        }
        for (ObjectNode config : byName) {
            config.path("added_tokens_decoder")
                    .properties()
                    .forEach(entry -> ids.put(text(entry.getValue()), number(folder, entry.getKey())));
        }
        return ids;
    }

    private static int number(Path folder, String key) {
        try {
            return Integer.parseInt(key);
        } catch (NumberFormatException e) {
            throw new InputException(
                    folder.resolve("tokenizer_config.json")
                            + ": added_tokens_decoder: found key "
                            + key
                            + ", expected the id of a token",
                    e);
        }
    }

    /** A token is named by a string, or by an object that holds it with how it is matched. */
    private static String text(JsonNode node) {
        return (node.isObject() ? node.path("content") : node).asText("");
    }

    /**
     * The roles as {@code config.json} has them.
     *
     * @return keys such as {@code mask_token_id}, of the roles that a token has
     */
    public Map<String, Object> keys() {
        Map<String, Object> keys = new LinkedHashMap<>();
        begin.ifPresent(id -> keys.put("bos_token_id", id));
        if (!ends.isEmpty()) {
            keys.put("eos_token_id", ends.size() == 1 ? ends.iterator().next() : List.copyOf(ends));
        }
        padding.ifPresent(id -> keys.put("pad_token_id", id));
        mask.ifPresent(id -> keys.put("mask_token_id", id));
        return keys;
    }
}
