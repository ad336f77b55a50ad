package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.serve.http.ApiException;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** The fields of a request, each of which is named where it is wrong. A field that is null is as if it were not there. */
final class Fields {
    private final ObjectNode node;
    private final Set<String> known = new HashSet<>();

    Fields(ObjectNode node) {
        this.node = node;
    }

    Optional<JsonNode> any(String name) {
        known.add(name);
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    Optional<String> text(String name) {
        return any(name).map(value -> {
            if (!value.isTextual()) {
                throw wrong(name, value, "a text");
            }
            return value.textValue();
        });
    }

    /** One of some words. */
    Optional<String> word(String name, List<String> words) {
        return text(name)
                .map(found -> {
                    String word = found.toLowerCase(Locale.ROOT).replace('-', '_');
                    if (!words.contains(word)) {
                        throw ApiException.wrong(
                                name, name + ": found " + shortened(found) + ", expected one of " + String.join(", ", words));
                    }
                    return word;
                });
    }

    boolean flag(String name, boolean usual) {
        return any(name)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw wrong(name, value, "true or false");
                    }
                    return value.booleanValue();
                })
                .orElse(usual);
    }

    OptionalInt integer(String name, int least, int most) {
        Optional<JsonNode> value = any(name);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        JsonNode found = value.get();
        if (!found.isNumber()
                || found.doubleValue() != Math.rint(found.doubleValue())
                || found.doubleValue() < least
                || found.doubleValue() > most) {
            throw wrong(name, found, "a whole number from " + least + " to " + most);
        }
        return OptionalInt.of(found.intValue());
    }

    Optional<Long> wide(String name) {
        return any(name)
                .map(found -> {
                    if (!found.isIntegralNumber() || !found.canConvertToLong()) {
                        throw wrong(name, found, "a whole number of at most 64 bits");
                    }
                    return found.longValue();
                });
    }

    Optional<Double> number(String name, double least, double most) {
        return any(name)
                .map(found -> {
                    if (!found.isNumber() || found.doubleValue() < least || found.doubleValue() > most) {
                        throw wrong(name, found, "a number from " + plain(least) + " to " + plain(most));
                    }
                    return found.doubleValue();
                });
    }

    /** A text, or several. */
    List<String> texts(String name, int most) {
        Optional<JsonNode> value = any(name);
        if (value.isEmpty()) {
            return List.of();
        }
        if (value.get().isTextual()) {
            return List.of(value.get().textValue());
        }
        List<String> all = new ArrayList<>();
        for (JsonNode element : list(name, value.get(), most)) {
            if (!element.isTextual()) {
                throw wrong(name, element, "a text, or a list of texts");
            }
            all.add(element.textValue());
        }
        return all;
    }

    static JsonNode list(String name, JsonNode value, int most) {
        if (!value.isArray()) {
            throw wrong(name, value, "a list");
        }
        if (value.size() > most) {
            throw ApiException.wrong(
                    name, name + ": found " + value.size() + " elements, expected at most " + most);
        }
        return value;
    }

    /** Fields that say what has no meaning here; without it they are passed over. */
    void passOver(String... names) {
        known.addAll(List.of(names));
    }

    /** Fields that would change the answer, and that nothing is done with but where they say nothing. */
    void refuseUnless(String name, String idle, String why) {
        any(name)
                .filter(value -> !value.toString().equals(idle) && !(value.isNumber() && plain(value.doubleValue()).equals(idle)))
                .ifPresent(value -> {
                    throw ApiException.wrong(
                            name, name + ": found " + shortened(value.toString()) + ", expected " + idle + ": " + why);
                });
    }

    /** Refuses what nobody has asked about, such as a field whose name is misspelt. */
    void refuseOthers() {
        for (String name : (Iterable<String>) node::fieldNames) {
            if (!known.contains(name)) {
                throw ApiException.wrong(
                        shortened(name),
                        shortened(name) + ": found a field that is not known, expected one of "
                                + String.join(", ", new TreeSet<>(known)));
            }
        }
    }

    static ApiException wrong(String name, JsonNode found, String expected) {
        return ApiException.wrong(name, name + ": found " + shortened(found.toString()) + ", expected " + expected);
    }

    private static String shortened(String text) {
        int most = 60;
        return text.length() <= most ? text : text.substring(0, most) + "…";
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}
