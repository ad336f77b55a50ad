package dev.unmask.sample;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which tokens of a vocabulary are of a {@link TokenKind}, with a space before them or without. */
final class KindsOfTokens {
    /** A word that every vocabulary writes without an unknown token. */
    private static final String WORD = "a";

    private record Asked(TokenKind kind, boolean spaced) {}

    private final TextTokenizer tokenizer;
    private final List<String> texts = new ArrayList<>();
    private final Map<Asked, BitSet> known = new HashMap<>();

    KindsOfTokens(TextTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** What each token adds to a text that a word ends. */
    private List<String> texts() {
        if (texts.isEmpty()) {
            int[] word = tokenizer.encode(WORD);
            int[] longer = Arrays.copyOf(word, word.length + 1);
            String before = tokenizer.decode(word);
            for (int id = 0; id < tokenizer.vocabulary(); id++) {
                longer[word.length] = id;
                String text = tokenizer.decode(longer);
                boolean proper = text.startsWith(before) && !tokenizer.special().contains(id);
                texts.add(proper ? text.substring(before.length()) : "");
            }
        }
        return texts;
    }

    /** The tokens of a kind that begin with a space, or those that do not. */
    private BitSet of(TokenKind kind, boolean spaced) {
        return known.computeIfAbsent(
                new Asked(kind, spaced),
                asked -> {
                    BitSet found = new BitSet();
                    for (int id = 0; id < texts().size(); id++) {
                        String text = texts().get(id);
                        boolean begins = text.startsWith(" ");
                        found.set(id, begins == spaced && kind.holds(begins ? text.substring(1) : text));
                    }
                    return found;
                });
    }

    /** Whether a token of the kind can bring the space before it along. */
    boolean bringsSpace(TokenKind kind) {
        return !of(kind, true).isEmpty();
    }

    /** Whether tokens get a space when they are written, though none was read: WordPiece's words. */
    boolean writesSpaces() {
        int[] two = tokenizer.encode(WORD + " " + WORD);
        int[] one = tokenizer.encode(WORD);
        return one.length > 0 && two.length == 2 * one.length && two[one.length] == one[0];
    }

    /** Whether the first token of a text is one that begins with a space, as SentencePiece's are. */
    boolean beginsTextsWithSpace() {
        int[] word = tokenizer.encode(WORD);
        return word.length > 0 && texts().get(word[0]).startsWith(" ");
    }

    /** The tokens that may stand first in a blank. */
    BitSet first(TokenKind kind, boolean spaced) {
        BitSet found = of(kind, spaced);
        Expect.that(
                !found.isEmpty(),
                "text: found a blank {%s}, but no token of the model is made of %s only; restrict it to choices"
                        + " {a|b}, or write \\{ if it is text",
                kind.label(),
                kind.label());
        return found;
    }

    /** The tokens that may stand in a blank, but first. */
    BitSet inside(TokenKind kind) {
        BitSet found = (BitSet) of(kind, false).clone();
        if (kind.spaced() || found.isEmpty()) {
            found.or(of(kind, true));
        }
        return found;
    }
}
