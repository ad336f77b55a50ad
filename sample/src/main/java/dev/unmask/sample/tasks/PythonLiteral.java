package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Reads what Python's {@code repr} prints of lists, dictionaries and strings, as a JSON tree: RACE's problems are
 * stored so.
 */
final class PythonLiteral {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final String text;
    private int at;

    private PythonLiteral(String text) {
        this.text = text;
    }

    /**
     * The value of a literal.
     *
     * @throws IllegalArgumentException if the text is not one; the message says at which character, and what was
     *     expected
     */
    static JsonNode parse(String text) {
        PythonLiteral literal = new PythonLiteral(text);
        JsonNode value = literal.value();
        literal.skipSpace();
        literal.require(literal.at == text.length(), "the end");
        return value;
    }

    private JsonNode value() {
        skipSpace();
        return switch (peek()) {
            case '[' -> items(']');
            case '(' -> items(')');
            case '{' -> entries();
            case '\'', '"' -> NODES.textNode(strings());
            default -> word();
        };
    }

    private ArrayNode items(char close) {
        ArrayNode items = NODES.arrayNode();
        at++;
        while (!closes(close)) {
            items.add(value());
            separate(close);
        }
        return items;
    }

    private ObjectNode entries() {
        ObjectNode entries = NODES.objectNode();
        at++;
        while (!closes('}')) {
            require(peek() == '\'' || peek() == '"', "a key in quotes");
            String key = strings();
            skipSpace();
            require(peek() == ':', "':'");
            at++;
            entries.set(key, value());
            separate('}');
        }
        return entries;
    }

    private boolean closes(char close) {
        skipSpace();
        if (peek() != close) {
            return false;
        }
        at++;
        return true;
    }

    private void separate(char close) {
        skipSpace();
        if (peek() == ',') {
            at++;
        } else {
            require(peek() == close, "',' or '" + close + "'");
        }
    }

    /** One string, or several that stand side by side and are one. */
    private String strings() {
        StringBuilder all = new StringBuilder();
        while (peek() == '\'' || peek() == '"') {
            string(all);
            skipSpace();
        }
        return all.toString();
    }

    private void string(StringBuilder all) {
        char quote = text.charAt(at);
        at++;
        while (peek() != quote) {
            require(at < text.length() && text.charAt(at) != '\n', "a closing " + quote);
            if (text.charAt(at) == '\\') {
                escape(all);
            } else {
                all.append(text.charAt(at));
                at++;
            }
        }
        at++;
    }

    private void escape(StringBuilder all) {
        require(at + 1 < text.length(), "a character after \\");
        char kind = text.charAt(at + 1);
        at += 2;
        switch (kind) {
            case 'n' -> all.append('\n');
            case 't' -> all.append('\t');
            case 'r' -> all.append('\r');
            case 'a' -> all.append((char) 7);
            case 'b' -> all.append('\b');
            case 'f' -> all.append('\f');
            case 'v' -> all.append((char) 0xB);
            case '\n' -> {}
            case '\\', '\'', '"' -> all.append(kind);
            case 'x' -> all.appendCodePoint(code(2, 16));
            case 'u' -> all.appendCodePoint(code(4, 16));
            case 'U' -> all.appendCodePoint(code(8, 16));
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                at--;
                all.appendCodePoint(code(octalDigits(), 8));
            }
            // Python leaves an escape that it does not know as it is.
            default -> all.append('\\').append(kind);
        }
    }

    private int octalDigits() {
        int digits = 1;
        while (digits < 3 && at + digits < text.length() && Character.digit(text.charAt(at + digits), 8) >= 0) {
            digits++;
        }
        return digits;
    }

    private int code(int digits, int radix) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < text.length() ? Character.digit(text.charAt(at), radix) : -1;
            require(digit >= 0 && value <= Character.MAX_CODE_POINT, digits + " digits of a character");
            value = value * radix + digit;
            at++;
        }
        require(Character.isValidCodePoint(value), "a character");
        return value;
    }

    private JsonNode word() {
        int start = at;
        while (at < text.length() && ",:]}) \t\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(start, at);
        return switch (word) {
            case "True" -> NODES.booleanNode(true);
            case "False" -> NODES.booleanNode(false);
            case "None" -> NODES.nullNode();
            default -> {
                try {
                    yield NODES.numberNode(Long.parseLong(word));
                } catch (NumberFormatException e) {
                    at = start;
                    throw expected("a list, a dictionary, a string or a whole number");
                }
            }
        };
    }

    /** The character that comes next; 0 at the end. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private void require(boolean holds, String expected) {
        if (!holds) {
            throw expected(expected);
        }
    }

    private IllegalArgumentException expected(String expected) {
        String found = at < text.length() ? "'" + text.charAt(at) + "'" : "the end";
        return new IllegalArgumentException("found " + found + " at character " + at + ", expected " + expected);
    }
}
