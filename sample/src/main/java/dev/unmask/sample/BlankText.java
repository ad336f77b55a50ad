package dev.unmask.sample;

import java.util.List;

/**
 * A text with blanks as tokens.
 *
 * @param ids {@code [T]}: tokens, and mask tokens in the blanks
 * @param blanks where the blanks are, in the order of the text
 */
record BlankText(int[] ids, List<Span> blanks) {
    /** Positions {@code from … to-1} of the tokens. */
    record Span(int from, int to) {}
}
