package dev.unmask.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The {@code config.json} of a published model. A family reads the keys that it knows; of the others those are refused
 * that would change the mathematics, and the rest, such as {@code id2label}, is passed over. A key that is null counts
 * as missing.
 */
public final class PublishedConfig {
    private static final String MODEL_TYPE = "model_type";

    private final String source;
    private final ObjectNode keys;

    PublishedConfig(String source, ObjectNode keys) {
        this.source = source;
        this.keys = keys;
    }

    /** Whether a configuration is one of a published family: ours names no type. */
    static boolean is(ObjectNode config) {
        return config.has(MODEL_TYPE) || config.has("architectures") && !config.has("n_layer");
    }

    /**
     * The type that the publisher gave the model.
     *
     * @return {@code model_type}
     * @throws InputException if there is none
     */
    public String modelType() {
        return text(MODEL_TYPE)
                .orElseThrow(() ->
                        new InputException(source + ": key " + MODEL_TYPE + " is missing, which names the family"));
    }

    /**
     * Whether a key says something.
     *
     * @param key its name
     * @return false if it is missing or null
     */
    public boolean has(String key) {
        return keys.hasNonNull(key);
    }

    /**
     * A text.
     *
     * @param key its name
     * @return the value
     * @throws InputException if it is no string
     */
    public Optional<String> text(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (!keys.get(key).isTextual()) {
            throw refused(key, "a string");
        }
        return Optional.of(keys.get(key).textValue());
    }

    /**
     * A number of things.
     *
     * @param key its name
     * @return at least 1
     * @throws InputException if it is missing, no whole number or below 1
     */
    public int size(String key) {
        if (!has(key)) {
            throw new InputException(source + ": key " + key + " is missing, expected a whole number");
        }
        JsonNode value = keys.get(key);
        if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < 1) {
            throw refused(key, "a whole number of at least 1");
        }
        return value.intValue();
    }

    /**
     * A number of things that need not be said.
     *
     * @param key its name
     * @param otherwise what a missing key means
     * @return at least 1, or what a missing key means
     * @throws InputException if it is no whole number or below 1
     */
    public int size(String key, int otherwise) {
        return has(key) ? size(key) : otherwise;
    }

    /**
     * A number.
     *
     * @param key its name
     * @param otherwise what a missing key means
     * @return the value
     * @throws InputException if it is no number
     */
    public double number(String key, double otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        if (!keys.get(key).isNumber()) {
            throw refused(key, "a number");
        }
        return keys.get(key).doubleValue();
    }

    /**
     * A choice.
     *
     * @param key its name
     * @param otherwise what a missing key means
     * @return the value
     * @throws InputException if it is neither true nor false
     */
    public boolean flag(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        if (!keys.get(key).isBoolean()) {
            throw refused(key, "true or false");
        }
        return keys.get(key).booleanValue();
    }

    /**
     * The keys of an object within.
     *
     * @param key its name
     * @return its keys, none if it is missing
     * @throws InputException if it is no object
     */
    public PublishedConfig group(String key) {
        if (has(key) && !keys.get(key).isObject()) {
            throw refused(key, "an object { … }");
        }
        ObjectNode inner = has(key) ? (ObjectNode) keys.get(key) : keys.objectNode();
        return new PublishedConfig(source + ": " + key, inner);
    }

    /**
     * Ids of tokens.
     *
     * @param key its name
     * @return one id, several, or none if the key is missing
     * @throws InputException if it is neither a whole number nor a list of them
     */
    public List<Integer> ids(String key) {
        List<Integer> ids = new ArrayList<>();
        if (has(key)) {
            JsonNode value = keys.get(key);
            for (JsonNode id : value.isArray() ? value : List.of(value)) {
                if (!id.isIntegralNumber() || !id.canConvertToInt()) {
                    throw refused(key, "the id of a token");
                }
                ids.add(id.intValue());
            }
        }
        return ids;
    }

    /**
     * The id of a token.
     *
     * @param key its name
     * @return the first one, if there is any and it is not negative
     */
    public OptionalInt id(String key) {
        return ids(key).stream().mapToInt(Integer::intValue).filter(id -> id >= 0).findFirst();
    }

    /**
     * Refuses a value that this engine does not compute with.
     *
     * @param key its name
     * @param expected what would do
     * @param allowed the values that do, as they print in JSON; a missing key does too
     * @throws InputException if the key has another value
     */
    public void require(String key, String expected, String... allowed) {
        if (has(key) && !List.of(allowed).contains(keys.get(key).toString())) {
            throw refused(key, expected);
        }
    }

    /**
     * Refuses a list that holds something that this engine does not compute with.
     *
     * @param key its name
     * @param element what every element must be
     * @param expected what would do
     * @throws InputException if the key holds anything else; a missing key does too
     */
    public void requireAll(String key, String element, String expected) {
        if (has(key)) {
            JsonNode value = keys.get(key);
            boolean all = value.isArray() && value.valueStream().allMatch(e -> element.equals(e.asText()));
            if (!all) {
                throw refused(key, expected);
            }
        }
    }

    /**
     * A refusal that names a key and its value.
     *
     * @param key its name
     * @param expected what would do
     * @return what to throw
     */
    public InputException refused(String key, String expected) {
        return new InputException(
                source + ": " + key + ": found " + StrictJson.shown(keys.path(key)) + ", expected " + expected);
    }
}
