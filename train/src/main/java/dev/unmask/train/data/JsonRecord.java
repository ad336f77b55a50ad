package dev.unmask.train.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A line of a file of JSON records.
 *
 * @param file named in messages
 * @param line holds one object
 */
record JsonRecord(Path file, Utf8Lines.Line line) {
    private static final String TEXT = "text";
    private static final List<String> PARTS = List.of("prompt", "completion");
    private static final char MARK = '\uFEFF';

    private static final JsonMapper JSON =
            new JsonMapper(
                    JsonFactory.builder()
                            // A document may be long; nothing else in a record is read.
                            .streamReadConstraints(
                                    StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                            .build());

    /** The {@code text}, or the {@code prompt} and then the {@code completion}. */
    String document() {
        JsonNode object = object();
        if (object.has(TEXT)) {
            return text(object, TEXT);
        }
        if (PARTS.stream().anyMatch(object::has)) {
            return text(object, PARTS.getFirst()) + text(object, PARTS.getLast());
        }
        List<String> keys = object.properties().stream().map(entry -> '"' + entry.getKey() + '"').toList();
        throw refused(
                "found "
                        + (keys.isEmpty() ? "no key" : "the keys " + String.join(", ", keys))
                        + ", expected the string \"text\", or the strings \"prompt\" and \"completion\"");
    }

    private JsonNode object() {
        try (JsonParser parser = JSON.createParser(line.text())) {
            JsonNode object = JSON.readTree(parser);
            if (object.isArray()) {
                throw refused(
                        "found an array, expected one object a line; write its elements so, for example with jq -c"
                                + " '.[]'");
            }
            if (!object.isObject()) {
                throw refused("found no object, expected one object a line");
            }
            requireEnd(parser);
            return object;
        } catch (JsonProcessingException e) {
            throw refused("it is not JSON (" + e.getOriginalMessage() + "); expected one object a line");
        } catch (IOException e) {
            throw new UncheckedIOException("reading a string cannot fail", e);
        }
    }

    private void requireEnd(JsonParser parser) throws IOException {
        String found;
        try {
            found = parser.nextToken() == null ? "" : parser.currentToken().isStructStart() ? "a second value" : "more";
        } catch (JsonProcessingException e) {
            found = "more";
        }
        if (!found.isEmpty()) {
            throw refused(
                    "found "
                            + found
                            + " after the object, as where two files were joined without a line end or lines end in"
                            + " commas; expected one object a line and nothing else");
        }
    }

    private String text(JsonNode object, String key) {
        JsonNode value = object.path(key);
        if (!value.isTextual()) {
            throw refused(
                    '"' + key + "\" is " + (value.isMissingNode() ? "missing" : kind(value)) + ", expected a string");
        }
        String text = Utf8Text.withoutMarks(value.textValue());
        if (text.indexOf(MARK) >= 0) {
            throw refused('"' + key + "\" has a byte-order mark (\\uFEFF) inside a line; take it out");
        }
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!Character.isHighSurrogate(text.charAt(i))
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw refused('"' + key + "\" has half of a surrogate pair, which is no character; take it out");
                }
                i++;
            }
        }
        return text;
    }

    private static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL -> "null";
            case OBJECT -> "an object";
            case ARRAY -> "an array";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            default -> "something else";
        };
    }

    private InputException refused(String finding) {
        return new InputException(file + ", line " + line.number() + ": " + finding);
    }
}
