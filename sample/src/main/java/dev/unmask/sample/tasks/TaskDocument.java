package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A document of a benchmark, as its publishers wrote it. */
public final class TaskDocument {
    private static final int LONGEST_SHOWN = 80;

    private final String where;
    private final ObjectNode json;
    private final boolean needsAnswer;

    TaskDocument(String where, ObjectNode json) {
        this(where, json, true);
    }

    private TaskDocument(String where, ObjectNode json, boolean needsAnswer) {
        this.where = where;
        this.json = json;
        this.needsAnswer = needsAnswer;
    }

    /** The same document for who only wants to know what is asked, as of test sets whose answers are not published. */
    TaskDocument questionOnly() {
        return new TaskDocument(where, json, false);
    }

    /** What is right, or, where only the question is wanted and there is no answer, what stands for none. */
    <T> T answer(Supplier<T> right, T none) {
        if (needsAnswer) {
            return right.get();
        }
        try {
            return right.get();
        } catch (InputException _) {
            return none;
        }
    }

    /**
     * Where it was read from.
     *
     * @return file and line
     */
    public String where() {
        return where;
    }

    ObjectNode json() {
        return json;
    }

    /** Whether a field is there and not null. */
    boolean has(String field) {
        return json.hasNonNull(field);
    }

    /** A field that must be a text. */
    String text(String field) {
        return text(json.path(field), field);
    }

    /** A node that must be a text; {@code name} is what messages call it. */
    String text(JsonNode node, String name) {
        if (!node.isTextual()) {
            throw refused(name, node, "a text");
        }
        return node.textValue();
    }

    /** A field that must be a list of at least so many texts. */
    List<String> texts(String field, int least) {
        return texts(json.path(field), field, least);
    }

    /** A node that must be a list of at least so many texts. */
    List<String> texts(JsonNode node, String name, int least) {
        if (!node.isArray() || node.size() < least) {
            throw refused(name, node, "a list of at least " + least + " texts");
        }
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            texts.add(text(node.get(i), name + "[" + i + "]"));
        }
        return texts;
    }

    /** A field that must be one of {@code first … first + count - 1}, as a number, however written, or as a text. */
    int number(String field, int first, int count) {
        JsonNode node = json.path(field);
        int value = first - 1;
        if (node.isNumber() && node.doubleValue() == Math.rint(node.doubleValue())) {
            value = node.intValue();
        } else if (node.isTextual() && PythonText.strip(node.textValue()).matches("[0-9]")) {
            value = Integer.parseInt(PythonText.strip(node.textValue()));
        }
        if (value < first || value >= first + count) {
            throw refused(field, node, first + " to " + (first + count - 1));
        }
        return value;
    }

    /** The text of what names an answer: a text, or a whole number, which is not the text of its digits. */
    JsonNode label(JsonNode node, String name) {
        if (!node.isTextual() && !node.isIntegralNumber()) {
            throw refused(name, node, "a text or a whole number");
        }
        return node;
    }

    /** Says where, what was found and what was expected. */
    InputException refused(String name, JsonNode found, String expected) {
        String shown = found.isMissingNode() ? "nothing" : found.toString();
        if (shown.length() > LONGEST_SHOWN) {
            shown = shown.substring(0, LONGEST_SHOWN) + "…";
        }
        return new InputException(where + ": " + name + ": found " + shown + ", expected " + expected);
    }
}
