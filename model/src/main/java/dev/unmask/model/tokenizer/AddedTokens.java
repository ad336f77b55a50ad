package dev.unmask.model.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Cuts added tokens out of a text: the leftmost first, and of those that begin at one place the longest. */
final class AddedTokens {
    private final List<AddedToken> longestFirst;

    AddedTokens(List<AddedToken> tokens) {
        this.longestFirst = new ArrayList<>(tokens);
        longestFirst.sort(Comparator.comparingInt((AddedToken token) -> token.content().length()).reversed());
    }

    /** What is done with the parts of a text, in order. */
    interface Parts {
        /** Text without added tokens, not empty. */
        void text(int start, int end);

        void token(AddedToken token);
    }

    /** Whether one of the tokens has a character at which texts are otherwise cut. */
    boolean holdWhiteSpace() {
        return longestFirst.stream()
                .anyMatch(token -> token.content().chars().anyMatch(c -> PreTokens.isBoundary('x', (char) c)));
    }

    void split(String text, Parts parts) {
        int[] next = new int[longestFirst.size()];
        for (int i = 0; i < next.length; i++) {
            next[i] = text.indexOf(longestFirst.get(i).content());
        }
        int start = 0;
        while (true) {
            int first = -1;
            for (int i = 0; i < next.length; i++) {
                if (next[i] >= 0 && next[i] < start) {
                    next[i] = text.indexOf(longestFirst.get(i).content(), start);
                }
                if (next[i] >= 0 && (first < 0 || next[i] < next[first])) {
                    first = i;
                }
            }
            int end = first < 0 ? text.length() : next[first];
            if (end > start) {
                parts.text(start, end);
            }
            if (first < 0) {
                return;
            }
            parts.token(longestFirst.get(first));
            start = end + longestFirst.get(first).content().length();
        }
    }
}
