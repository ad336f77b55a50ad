package dev.unmask.tensor.io;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

import dev.unmask.tensor.Shape;
import dev.unmask.tensor.ShapeException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The header of a safetensors file, parsed and checked: every byte of the data belongs to exactly one tensor.
 *
 * @param metadata the strings of {@code __metadata__}, in file order
 * @param slots where each tensor lies, in header order
 */
record SafetensorsHeader(Map<String, String> metadata, List<Slot> slots) {
    /** The key of a header that is no tensor. */
    static final String METADATA = "__metadata__";

    /** The reference library reads no longer header than this many bytes. */
    static final long LONGEST = 100_000_000;

    private static final Set<String> SLOT_KEYS = Set.of("dtype", "shape", "data_offsets");

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /**
     * Where a tensor lies.
     *
     * @param name the tensor's name
     * @param type its element type
     * @param shape its extents
     * @param begin the offset of its first byte in the data
     * @param end the offset after its last byte
     */
    record Slot(String name, StoredType type, Shape shape, long begin, long end) {}

    /**
     * Reads a header.
     *
     * @param file what messages name
     * @param header the bytes between the length and the data
     * @param dataBytes how many bytes follow the header
     * @return the header, found valid
     * @throws SafetensorsException if anything is wrong
     */
    static SafetensorsHeader parse(Path file, ByteBuffer header, long dataBytes) {
        return new Parsing(file, dataBytes).header(header);
    }

    private record Parsing(Path file, long dataBytes) {
        SafetensorsHeader header(ByteBuffer bytes) {
            JsonNode root = json(text(bytes));
            Map<String, String> metadata = Map.of();
            List<Slot> slots = new ArrayList<>();
            for (Map.Entry<String, JsonNode> entry : root.properties()) {
                if (entry.getKey().equals(METADATA)) {
                    metadata = metadata(entry.getValue());
                } else {
                    slots.add(slot(entry.getKey(), entry.getValue()));
                }
            }
            requireCovered(slots);
            return new SafetensorsHeader(metadata, List.copyOf(slots));
        }

        private String text(ByteBuffer bytes) {
            try {
                return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            } catch (CharacterCodingException e) {
                throw malformed("the header is not UTF-8");
            }
        }

        private JsonNode json(String text) {
            if (!text.startsWith("{")) {
                throw malformed(
                        "the header begins with "
                                + Quoted.of(text.substring(0, 1))
                                + ", expected the { of a JSON object");
            }
            try (JsonParser parser = JSON.createParser(text)) {
                JsonNode root = JSON.readTree(parser);
                int end = (int) parser.currentLocation().getCharOffset();
                for (int i = end; i < text.length(); i++) {
                    if (text.charAt(i) != ' ') {
                        throw malformed(
                                "the header has "
                                        + Quoted.of(text.substring(i, i + 1))
                                        + " after its JSON object, at character "
                                        + i
                                        + ", expected only spaces");
                    }
                }
                return root;
            } catch (JsonProcessingException e) {
                JsonLocation location = e.getLocation();
                String place = location == null ? "" : " at character " + location.getCharOffset();
                throw malformed(
                        "the header is not a JSON object" + place + ": " + JsonMessage.of(e.getOriginalMessage()));
            } catch (IOException e) {
                throw new UncheckedIOException("reading a string cannot fail", e);
            }
        }

        private Map<String, String> metadata(JsonNode node) {
            if (!node.isObject()) {
                throw malformed(METADATA + " is " + shown(node) + ", expected an object of strings");
            }
            Map<String, String> strings = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                if (!entry.getValue().isTextual()) {
                    throw malformed(
                            METADATA
                                    + " "
                                    + Quoted.of(entry.getKey())
                                    + " is "
                                    + shown(entry.getValue())
                                    + ", expected a string");
                }
                strings.put(entry.getKey(), entry.getValue().textValue());
            }
            return Collections.unmodifiableMap(strings);
        }

        private Slot slot(String name, JsonNode node) {
            if (!node.isObject()) {
                throw malformed(name, "its entry is " + shown(node) + ", expected an object");
            }
            for (Map.Entry<String, JsonNode> property : node.properties()) {
                if (!SLOT_KEYS.contains(property.getKey())) {
                    throw malformed(
                            name,
                            "unknown key " + Quoted.of(property.getKey()) + ", expected " + new TreeSet<>(SLOT_KEYS));
                }
            }
            StoredType type = type(name, node.path("dtype"));
            Shape shape = shape(name, type, node.path("shape"));
            JsonNode offsets = node.path("data_offsets");
            if (!offsets.isArray() || offsets.size() != 2) {
                throw malformed(name, "data_offsets is " + shown(offsets) + ", expected [begin, end]");
            }
            Slot slot = new Slot(name, type, shape, offset(name, offsets.get(0)), offset(name, offsets.get(1)));
            requireConsistent(slot);
            return slot;
        }

        private StoredType type(String name, JsonNode node) {
            if (!node.isTextual()) {
                throw malformed(name, "dtype is " + shown(node) + ", expected a string");
            }
            return StoredType.named(node.textValue())
                    .orElseThrow(() ->
                            malformed(
                                    name,
                                    "unknown dtype "
                                            + Quoted.of(node.textValue())
                                            + ", expected one of "
                                            + Arrays.toString(StoredType.values())));
        }

        private Shape shape(String name, StoredType type, JsonNode node) {
            if (!node.isArray()) {
                throw malformed(name, "shape is " + shown(node) + ", expected an array of integers");
            }
            int[] extents = new int[node.size()];
            long elements = 1;
            for (int i = 0; i < extents.length; i++) {
                JsonNode extent = node.get(i);
                if (!extent.isIntegralNumber() || !extent.canConvertToInt() || extent.intValue() < 0) {
                    throw malformed(
                            name,
                            "extent "
                                    + i
                                    + " of the shape is "
                                    + shown(extent)
                                    + ", expected an integer from 0 to "
                                    + Integer.MAX_VALUE);
                }
                extents[i] = extent.intValue();
                if (Math.multiplyHigh(elements, extents[i]) != 0 || elements * extents[i] < 0) {
                    throw malformed(name, "the product of the shape " + shown(node) + " is more than 2^63 - 1");
                }
                elements *= extents[i];
            }
            try {
                return Shape.of(extents);
            } catch (ShapeException e) {
                throw malformed(name, type + Arrays.toString(extents) + " takes more bytes than 2^63 - 1");
            }
        }

        private long offset(String name, JsonNode node) {
            if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
                throw malformed(name, "data_offsets has " + shown(node) + ", expected an integer from 0 up");
            }
            return node.longValue();
        }

        private void requireConsistent(Slot slot) {
            String range = "data_offsets [" + slot.begin() + ", " + slot.end() + "]";
            if (slot.end() < slot.begin()) {
                throw malformed(slot.name(), range + " end before they begin");
            }
            if (slot.end() > dataBytes) {
                throw malformed(
                        slot.name(),
                        range + " reach past the " + dataBytes + " bytes of data; the file may be cut short");
            }
            long bytes;
            try {
                bytes = StoredTensor.byteSize(slot.name(), slot.type(), slot.shape());
            } catch (SafetensorsException e) {
                throw new SafetensorsException(file, e.getMessage());
            }
            if (bytes != slot.end() - slot.begin()) {
                throw malformed(
                        slot.name(),
                        slot.type()
                                + ""
                                + slot.shape()
                                + " takes "
                                + bytes
                                + " bytes, "
                                + range
                                + " are "
                                + (slot.end() - slot.begin())
                                + " bytes");
            }
        }

        private void requireCovered(List<Slot> slots) {
            List<Slot> inOrder = new ArrayList<>(slots);
            inOrder.sort(Comparator.comparingLong(Slot::begin).thenComparingLong(Slot::end));
            long covered = 0;
            String before = "the start of the data";
            for (Slot slot : inOrder) {
                if (slot.begin() < covered) {
                    throw malformed(slot.name(), "its data overlap with those of " + before);
                }
                if (slot.begin() > covered) {
                    throw malformed(
                            slot.name(),
                            "there is a gap of "
                                    + (slot.begin() - covered)
                                    + " bytes between "
                                    + before
                                    + " and its data, expected none");
                }
                covered = slot.end();
                before = "tensor " + Quoted.of(slot.name());
            }
            if (covered != dataBytes) {
                throw malformed(
                        (dataBytes - covered)
                                + " bytes follow after "
                                + before
                                + " that belong to no tensor, expected none");
            }
        }

        private static String shown(JsonNode node) {
            if (node.isMissingNode()) {
                return "missing";
            }
            return node.isTextual() ? Quoted.of(node.textValue()) : abbreviated(node.toString());
        }

        private static String abbreviated(String json) {
            return json.length() <= 120 ? json : json.substring(0, 120) + "...";
        }

        private SafetensorsException malformed(String name, String finding) {
            return malformed("tensor " + Quoted.of(name) + ": " + finding);
        }

        private SafetensorsException malformed(String finding) {
            return new SafetensorsException(file, finding + ". Download or write the file again.");
        }
    }
}
