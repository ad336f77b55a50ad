package dev.unmask.serve.api;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** What tokens look like within a text: with the space before them, where they bring one. */
final class Pieces {
    private static final String CUT = "\uFFFD";

    private final TextTokenizer tokenizer;
    private final Set<Integer> special;
    private final OptionalInt anchor;

    Pieces(TextTokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.special = tokenizer.special();
        this.anchor =
                IntStream.range(0, tokenizer.vocabulary())
                        .filter(id -> !special.contains(id) && !tokenizer.token(id).isEmpty())
                        .filter(id -> tokenizer.decode(id).matches("[A-Za-z0-9]+"))
                        .findFirst();
    }

    /** Whether a token is no part of a text proper. */
    boolean special(int id) {
        return special.contains(id);
    }

    /** The text of tokens that stand behind others. */
    String text(int... ids) {
        if (ids.length == 0) {
            return "";
        }
        if (anchor.isEmpty()) {
            return tokenizer.decode(ids);
        }
        String before = tokenizer.decode(anchor.getAsInt());
        String all =
                tokenizer.decode(IntStream.concat(IntStream.of(anchor.getAsInt()), IntStream.of(ids)).toArray());
        return all.startsWith(before) ? all.substring(before.length()) : tokenizer.decode(ids);
    }

    /** The same, without a character at its end that is cut in two. */
    String whole(int... ids) {
        String text = text(ids);
        int end = text.length();
        while (text.startsWith(CUT, end - 1)) {
            end--;
        }
        return text.substring(0, end);
    }
}
