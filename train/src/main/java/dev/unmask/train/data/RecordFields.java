package dev.unmask.train.data;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The fields of a record: strings, numbers, truth values, lists and maps.
 *
 * @param values by name; a field without a value may be left out
 */
record RecordFields(Map<String, Object> values) {
    private static final char MARK = '\uFEFF';

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** The value of a field, or of a field of a field if the name has dots and no field is called so. */
    private Object value(String name) {
        if (values.containsKey(name)) {
            return values.get(name) == null ? Missing.NULL : values.get(name);
        }
        Object at = values;
        for (String step : name.split("\\.", -1)) {
            if (!(at instanceof Map<?, ?> fields) || !fields.containsKey(step)) {
                return Missing.FIELD;
            }
            at = fields.get(step);
        }
        return at == null ? Missing.NULL : at;
    }

    private enum Missing {
        FIELD,
        NULL
    }

    /** The string of a field. */
    String string(String name) {
        Object value = value(name);
        if (!(value instanceof String text)) {
            throw refused(name, value, "a string");
        }
        return checked(name, text);
    }

    /** The value of a field as a text; empty where there is none. */
    String plain(String name) {
        Object value = value(name);
        return switch (value) {
            case Missing _ -> "";
            case String text -> checked(name, text);
            case Number number -> number.toString();
            case Boolean truth -> truth.toString();
            default -> throw refused(name, value, "a string or a number");
        };
    }

    /** The elements of a field, each with fields of its own. */
    List<RecordFields> list(String name) {
        Object value = value(name);
        if (!(value instanceof List<?> list)) {
            throw refused(name, value, "a list of objects");
        }
        return list.stream()
                .map(element -> {
                    if (!(element instanceof Map<?, ?> fields)) {
                        throw refused(name, element, "objects in its list");
                    }
                    return new RecordFields(
                            fields.entrySet().stream()
                                    .filter(entry -> entry.getValue() != null)
                                    .collect(
                                            Collectors.toUnmodifiableMap(
                                                    entry -> String.valueOf(entry.getKey()), Map.Entry::getValue)));
                })
                .toList();
    }

    /** What there is, for messages. */
    String names() {
        return values.isEmpty()
                ? "no key"
                : "the keys " + values.keySet().stream().map(key -> '"' + key + '"').collect(Collectors.joining(", "));
    }

    private static BadRecordException refused(String name, Object value, String expected) {
        String found =
                switch (value) {
                    case Missing.FIELD -> "missing";
                    case Missing.NULL -> "null";
                    case null -> "null";
                    case String _ -> "a string";
                    case Number _ -> "a number";
                    case Boolean _ -> "true or false";
                    case List<?> _ -> "an array";
                    case Map<?, ?> _ -> "an object";
                    default -> "something else";
                };
        return new BadRecordException('"' + name + "\" is " + found + ", expected " + expected);
    }

    private static String checked(String name, String found) {
        String text = Utf8Text.withoutMarks(found);
        if (text.indexOf(MARK) >= 0) {
            throw new BadRecordException('"' + name + "\" has a byte-order mark (\\uFEFF) inside a line; take it out");
        }
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!Character.isHighSurrogate(text.charAt(i))
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw new BadRecordException(
                            '"' + name + "\" has half of a surrogate pair, which is no character; take it out");
                }
                i++;
            }
        }
        return text;
    }
}
