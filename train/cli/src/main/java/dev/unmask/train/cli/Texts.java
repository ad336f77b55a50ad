package dev.unmask.train.cli;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Set;

/** Token ids as text to show. */
final class Texts {
    /** What stands for a token that is still masked. */
    static final String MASKED = "▒";

    private Texts() {}

    /** The text up to its first token that ends it, or all of it. */
    static String shown(TextTokenizer tokenizer, int[] ids, Set<Integer> ends) {
        int length = 0;
        while (length < ids.length && !ends.contains(ids[length])) {
            length++;
        }
        return tokenizer.decode(Arrays.copyOf(ids, length));
    }

    /** The text with a block for each masked token, and a dot for each end-of-text token. */
    static String withMasks(TextTokenizer tokenizer, int[] ids, int maskToken) {
        OptionalInt end = tokenizer.endOfText();
        StringBuilder text = new StringBuilder();
        int from = 0;
        for (int i = 0; i <= ids.length; i++) {
            boolean ends = i < ids.length && end.isPresent() && ids[i] == end.getAsInt();
            if (i == ids.length || ids[i] == maskToken || ends) {
                text.append(tokenizer.decode(Arrays.copyOfRange(ids, from, i)));
                from = i + 1;
                if (i < ids.length) {
                    text.append(ends ? "·" : MASKED);
                }
            }
        }
        return Printable.line(text.toString().replace('\n', ' '));
    }
}
