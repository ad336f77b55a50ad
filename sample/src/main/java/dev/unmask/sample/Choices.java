package dev.unmask.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What stands in braces behind a blank: texts with bars between them, or the name of a kind of token. A backslash makes
 * text of a bar, a brace or a backslash behind it.
 *
 * @param texts what stands between the bars, at least one
 * @param end one more than where the closing brace stands
 */
record Choices(List<String> texts, int end) {
    private static final String MARKS = "{}|\\";

    /** Reads braces that begin at a character of a text; empty if none do, or they hold neither choices nor a kind. */
    static Optional<Choices> at(String text, int begin) {
        if (begin >= text.length() || text.charAt(begin) != '{') {
            return Optional.empty();
        }
        List<String> texts = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        for (int i = begin + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length() && MARKS.indexOf(text.charAt(i + 1)) >= 0) {
                current.append(text.charAt(++i));
            } else if (c == '|') {
                texts.add(current.toString());
                current.setLength(0);
            } else if (c == '{') {
                return Optional.empty();
            } else if (c == '}') {
                texts.add(current.toString());
                Choices read = new Choices(texts, i + 1);
                return texts.size() > 1 || read.kind().isPresent() ? Optional.of(read) : Optional.empty();
            } else {
                current.append(c);
            }
        }
        return Optional.empty();
    }

    /** The kind of token that is named, if it is one. */
    Optional<TokenKind> kind() {
        return texts.size() == 1 ? TokenKind.of(texts.getFirst()) : Optional.empty();
    }
}
