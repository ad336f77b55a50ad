package dev.unmask.train.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How a record, such as a line of JSON or a row of a table, becomes documents. Without a name of a field, those are
 * tried that are usual: {@code text}, then {@code prompt} and {@code completion}, then {@code messages} or {@code
 * conversations}. A name with dots leads into a field's own fields.
 *
 * @param text the field that holds the document; empty: the usual ones
 * @param prompt the field that is given, where {@code completion} is learnt; empty: {@code prompt}
 * @param completion the field that is learnt; empty: {@code completion}
 * @param messages the field that holds the turns of a chat; empty: the usual ones
 * @param turns which answers of a chat are learnt: {@code first}, {@code last} or {@code each}, a document each
 * @param style {@code auto}, or a published layout: {@code gsm8k} (METHOD §3: a question, its solution and answer make
 *     two documents), {@code sharegpt} (the first exchange only)
 * @param template a text with names of fields in braces, such as {@code {name} is {age} years old}; empty: none. Braces
 *     that are meant are written twice; what stands before <code>{|}</code> is given
 */
@JsonPropertyOrder({"text", "prompt", "completion", "messages", "turns", "style", "template"})
public record RecordSettings(
        @JsonProperty("text") String text,
        @JsonProperty("prompt") String prompt,
        @JsonProperty("completion") String completion,
        @JsonProperty("messages") String messages,
        @JsonProperty("turns") String turns,
        @JsonProperty("style") String style,
        @JsonProperty("template") String template) {
    /** What is usual. */
    public static final RecordSettings DEFAULT = new RecordSettings("", "", "", "", "last", "auto", "");

    /** Which answers of a chat are learnt. */
    enum Turns {
        FIRST,
        LAST,
        EACH
    }

    /** A published layout, or none. */
    enum Style {
        AUTO,
        GSM8K,
        SHAREGPT
    }

    /** Checks the words. */
    public RecordSettings {
        oneOf("turns", turns, Turns.values());
        oneOf("style", style, Style.values());
        if (prompt.isEmpty() != completion.isEmpty()) {
            throw new InputException(
                    "prompt and completion: found only one of them, \""
                            + prompt
                            + completion
                            + "\", expected the names of two fields");
        }
        List<String> ways = new ArrayList<>();
        if (!text.isEmpty()) {
            ways.add("text");
        }
        if (!prompt.isEmpty()) {
            ways.add("prompt and completion");
        }
        if (!messages.isEmpty()) {
            ways.add("messages");
        }
        if (!template.isEmpty()) {
            ways.add("template");
        }
        if (ways.size() > 1) {
            throw new InputException(
                    "records: found " + String.join(" beside ", ways) + ", expected one way to read a record");
        }
        if (!template.isEmpty()) {
            RecordTemplate.of(template);
        }
    }

    private static void oneOf(String name, String value, Enum<?>[] known) {
        List<String> names = Arrays.stream(known).map(one -> one.name().toLowerCase(Locale.ROOT)).toList();
        if (!names.contains(value)) {
            throw new InputException(
                    "records." + name + ": found " + value + ", expected one of " + String.join(", ", names));
        }
    }

    Turns chosenTurns() {
        return Turns.valueOf(turns.toUpperCase(Locale.ROOT));
    }

    Style chosenStyle() {
        return Style.valueOf(style.toUpperCase(Locale.ROOT));
    }
}
