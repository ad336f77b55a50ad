package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.List;

/**
 * A text with places for fields.
 *
 * @param pieces in their order
 */
record RecordTemplate(List<Piece> pieces) {
    /** What a template consists of. */
    sealed interface Piece {}

    /** Stands as it is. */
    record Words(String text) implements Piece {}

    /** A field's value. */
    record Field(String name) implements Piece {}

    /** The end of what is given. */
    record EndOfPrompt() implements Piece {}

    RecordTemplate {
        pieces = List.copyOf(pieces);
    }

    static RecordTemplate of(String template) {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder words = new StringBuilder();
        int i = 0;
        while (i < template.length()) {
            char c = template.charAt(i);
            if ((c == '{' || c == '}') && i + 1 < template.length() && template.charAt(i + 1) == c) {
                words.append(c);
                i += 2;
            } else if (c == '{') {
                int end = template.indexOf('}', i);
                if (end < 0 || end == i + 1) {
                    throw refused(template, end < 0 ? "a { without its }" : "{} without a name");
                }
                pieces.add(new Words(words.toString()));
                words.setLength(0);
                String name = template.substring(i + 1, end);
                pieces.add(name.equals("|") ? new EndOfPrompt() : new Field(name));
                i = end + 1;
            } else if (c == '}') {
                throw refused(template, "a } without its {");
            } else {
                words.append(c);
                i++;
            }
        }
        pieces.add(new Words(words.toString()));
        if (pieces.stream().noneMatch(Field.class::isInstance)) {
            throw refused(template, "no field");
        }
        if (pieces.stream().filter(EndOfPrompt.class::isInstance).count() > 1) {
            throw refused(template, "more than one {|}");
        }
        return new RecordTemplate(pieces);
    }

    private static InputException refused(String template, String found) {
        return new InputException(
                "template: found "
                        + found
                        + " in \""
                        + template
                        + "\", expected names of fields in braces, as in \"{name} is {age}\"");
    }
}
