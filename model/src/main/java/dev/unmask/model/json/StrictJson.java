package dev.unmask.model.json;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.FileKind;
import dev.unmask.tensor.io.JsonMessage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Settings from JSON: unknown keys are refused by name, and every refusal says where and what was expected. */
public final class StrictJson {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                    .build();

    /** Settings take kilobytes; anything much larger is another file. */
    private static final long LARGEST_FILE = 64 << 20;

    /** Characters of a value that a message shows. */
    private static final int LONGEST_SHOWN = 120;

    /** What the types of settings are called in messages. */
    private static final Map<Class<?>, String> EXPECTED =
            Map.of(
                    int.class, "a whole number",
                    long.class, "a whole number",
                    float.class, "a number",
                    double.class, "a number",
                    boolean.class, "true or false",
                    String.class, "a string");

    private StrictJson() {}

    /**
     * Reads a file that holds a JSON object.
     *
     * @param file in UTF-8, with or without a byte-order mark
     * @return the object
     * @throws InputException if it is too large, of another kind, not UTF-8 or not one JSON object
     * @throws IOException if it cannot be read
     */
    public static ObjectNode read(Path file) throws IOException {
        long size = Files.size(file);
        if (size > LARGEST_FILE) {
            throw new InputException(
                    file
                            + ": found "
                            + size
                            + " bytes, expected a file of settings in JSON of at most "
                            + LARGEST_FILE);
        }
        if (Files.isDirectory(file)) {
            throw new InputException(file + ": found a folder, expected a file in JSON");
        }
        byte[] content = Files.readAllBytes(file);
        refuseOtherKind(file, content);
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
            return parse(text.startsWith("\uFEFF") ? text.substring(1) : text, file.toString());
        } catch (CharacterCodingException e) {
            throw new InputException(file + ": found bytes that are not UTF-8, expected JSON in UTF-8", e);
        }
    }

    /**
     * Says what a file is that surely holds no JSON.
     *
     * @param file the file's name for messages
     * @param content its first bytes or all of them
     * @throws InputException if they are the beginning of another kind of file
     */
    public static void refuseOtherKind(Path file, byte[] content) {
        Optional<FileKind> kind = FileKind.of(Arrays.copyOf(content, Math.min(content.length, FileKind.FIRST_BYTES)));
        if (kind.isPresent()) {
            throw new InputException(file + ": " + kind.get().sentence() + "; expected JSON");
        }
    }

    /**
     * Reads a JSON object.
     *
     * @param text the JSON
     * @param source what messages call it, for example a file's name
     * @return the object
     * @throws InputException if it is not one JSON object; the message says where
     */
    public static ObjectNode parse(String text, String source) {
        try {
            JsonNode node = MAPPER.readTree(text);
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw new InputException(source + ": found " + describe(node) + ", expected a JSON object { … }");
        } catch (JsonProcessingException e) {
            throw new InputException(
                    source + ": " + where(e) + JsonMessage.of(e.getOriginalMessage()) + "; expected one JSON object",
                    e);
        }
    }

    /**
     * Binds a JSON object to a record.
     *
     * @param <T> the record
     * @param object the values
     * @param type the record's class
     * @param source what messages call the object
     * @return the record
     * @throws InputException if a key is unknown or missing, or a value does not fit; the message names it
     */
    public static <T> T bind(ObjectNode object, Class<T> type, String source) {
        try {
            return MAPPER.treeToValue(object, type);
        } catch (UnrecognizedPropertyException e) {
            String known =
                    e.getKnownPropertyIds().stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
            throw new InputException(source + ": unknown key " + path(e) + "; expected one of " + known, e);
        } catch (ValueInstantiationException e) {
            Throwable cause = e.getCause();
            throw new InputException(source + ": " + (cause == null ? e.getOriginalMessage() : cause.getMessage()), e);
        } catch (JsonMappingException e) {
            String where = path(e).isEmpty() ? "" : path(e) + ": ";
            throw new InputException(source + ": " + where + finding(e, object), e);
        } catch (JsonProcessingException e) {
            throw new InputException(source + ": " + JsonMessage.of(e.getOriginalMessage()), e);
        }
    }

    /** What was found where something else is expected. */
    private static String finding(JsonMappingException e, ObjectNode object) {
        String expected = e instanceof MismatchedInputException mismatch ? expected(mismatch.getTargetType()) : "";
        JsonNode found = object;
        for (JsonMappingException.Reference step : e.getPath()) {
            found = step.getFieldName() == null ? found.path(step.getIndex()) : found.path(step.getFieldName());
        }
        return expected.isEmpty() || found.isMissingNode()
                ? JsonMessage.of(e.getOriginalMessage())
                : "found " + shown(found) + ", expected " + expected;
    }

    private static String expected(Class<?> type) {
        return type != null && type.isEnum()
                ? "one of "
                        + Arrays.stream(type.getEnumConstants())
                                .map(constant -> String.valueOf(constant).toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))
                : type == null ? "" : EXPECTED.getOrDefault(type, "");
    }

    /**
     * Turns a record into a JSON object.
     *
     * @param value the record
     * @return its values
     */
    public static ObjectNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /**
     * Writes a value as indented JSON.
     *
     * @param value a record or a JSON object
     * @return the text, ending in a line feed
     */
    public static String print(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new InputException("cannot be written as JSON: " + value, e);
        }
    }

    /**
     * Writes a value as one line of JSON.
     *
     * @param value a record or a JSON object
     * @return the line, without a line feed
     */
    public static String line(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new InputException("cannot be written as JSON: " + value, e);
        }
    }

    /**
     * Lays values over defaults, object by object.
     *
     * @param base the defaults, changed in place
     * @param over what replaces them; keys that the defaults lack are kept, for {@link #bind} to refuse
     * @throws InputException if an object of the defaults is given another kind of value
     */
    public static void overlay(ObjectNode base, ObjectNode over) {
        for (Map.Entry<String, JsonNode> field : over.properties()) {
            if (base.get(field.getKey()) instanceof ObjectNode inner) {
                if (!(field.getValue() instanceof ObjectNode value)) {
                    throw new InputException(
                            field.getKey() + ": found " + shown(field.getValue()) + ", expected a JSON object { … }");
                }
                overlay(inner, value);
            } else {
                base.set(field.getKey(), field.getValue());
            }
        }
    }

    /**
     * Lays values over defaults, object by object.
     *
     * @param base the defaults, changed in place
     * @param over what replaces them
     * @param source what messages call what replaces them, for example a file's name
     * @throws InputException if an object of the defaults is given another kind of value
     */
    public static void overlay(ObjectNode base, ObjectNode over, String source) {
        try {
            overlay(base, over);
        } catch (InputException e) {
            throw new InputException(source + ": " + e.getMessage(), e);
        }
    }

    /**
     * Sets one value by its path.
     *
     * @param object changed in place
     * @param assignment {@code key=value} or {@code outer.inner=value}; the value is JSON, or else a string
     * @throws InputException if there is no {@code =}, or the path leads through something that is not an object
     */
    public static void assign(ObjectNode object, String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new InputException("--set: found " + assignment + ", expected key=value");
        }
        String[] path = assignment.substring(0, equals).split("\\.", -1);
        ObjectNode at = object;
        for (int i = 0; i < path.length - 1; i++) {
            if (!(at.get(path[i]) instanceof ObjectNode inner)) {
                throw new InputException("--set: " + assignment + ": there is no group " + path[i]);
            }
            at = inner;
        }
        at.set(path[path.length - 1], value(assignment.substring(equals + 1)));
    }

    private static JsonNode value(String text) {
        try {
            return MAPPER.readTree(text.isBlank() ? "\"\"" : text);
        } catch (JsonProcessingException e) {
            return MAPPER.getNodeFactory().textNode(text);
        }
    }

    private static String describe(JsonNode node) {
        return node == null || node.isMissingNode() ? "nothing" : node.getNodeType().name().toLowerCase(Locale.ROOT);
    }

    private static String path(JsonMappingException e) {
        return e.getPath().stream()
                .map(r -> r.getFieldName() == null ? "[" + r.getIndex() + "]" : r.getFieldName())
                .collect(Collectors.joining("."));
    }

    /** Of a document that is beyond a limit no place is told. */
    private static String where(JsonProcessingException e) {
        JsonLocation at = e.getLocation();
        return at == null || at.getLineNr() < 1 ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ";
    }

    /**
     * A value as messages show it.
     *
     * @param value what was found
     * @return its JSON, cut where it is long
     */
    public static String shown(JsonNode value) {
        String json = value.toString();
        return json.length() <= LONGEST_SHOWN ? json : json.substring(0, LONGEST_SHOWN) + "…";
    }
}
