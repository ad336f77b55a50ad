package dev.unmask.train.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.JsonMessage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A line of a file of JSON records.
 *
 * @param file named in messages
 * @param line holds one object
 */
record JsonRecord(Path file, Utf8Lines.Line line) {
    private static final JsonMapper JSON =
            new JsonMapper(
                    JsonFactory.builder()
                            // A document may be long; nothing else in a record is read.
                            .streamReadConstraints(
                                    StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                            .build());

    /** All of its fields. */
    RecordFields fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        object().properties().forEach(entry -> fields.put(entry.getKey(), plain(entry.getValue())));
        return new RecordFields(fields);
    }

    /** The value without Jackson; null where it is null. */
    private static Object plain(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> value.textValue();
            case NUMBER -> value.numberValue();
            case BOOLEAN -> value.booleanValue();
            case ARRAY -> {
                List<Object> elements = new ArrayList<>();
                value.forEach(element -> elements.add(plain(element)));
                yield elements;
            }
            case OBJECT -> {
                Map<String, Object> fields = new LinkedHashMap<>();
                value.properties().forEach(entry -> fields.put(entry.getKey(), plain(entry.getValue())));
                yield fields;
            }
            default -> null;
        };
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
        } catch (JsonEOFException e) {
            if (line.number() == 1 && line.text().stripLeading().startsWith("[")) {
                // Of such a file all but the last element would be left out for their commas.
                throw new InputException(
                        file
                                + ": found an array over several lines, expected one object a line; write its elements"
                                + " so, for example with jq -c '.[]'");
            }
            throw refused(
                    "the line ends within an object, an array or a string, expected one object a line; write each on a"
                            + " line of its own, for example with jq -c .");
        } catch (JsonProcessingException e) {
            throw refused(
                    "it is not JSON (" + JsonMessage.of(e.getOriginalMessage()) + "); expected one object a line");
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

    private BadRecordException refused(String finding) {
        return new BadRecordException(file + ", line " + line.number() + ": " + finding);
    }
}
