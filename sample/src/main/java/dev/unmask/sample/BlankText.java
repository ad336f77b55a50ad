package dev.unmask.sample;

import java.util.List;

/**
 * A text with blanks as tokens.
 *
 * @param ids {@code [T]}: tokens, and mask tokens in the blanks
 * @param blanks where the blanks are, in the order of the text
 * @param enclosed whether the first and the last token begin and end the text and are no part of it
 */
record BlankText(int[] ids, List<Span> blanks, boolean enclosed) {
    /** Positions {@code from … to-1} of the tokens. */
    record Span(int from, int to) {}
}
