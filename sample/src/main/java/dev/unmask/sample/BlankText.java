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
    /**
     * Positions {@code from … to-1} of the tokens.
     *
     * @param choice the tokens that are to stand there; none: they are to be found
     * @param ranged whether its size is one of several
     */
    record Span(int from, int to, List<Integer> choice, boolean ranged) {
        Span(int from, int to) {
            this(from, to, List.of(), false);
        }

        Span movedBy(int positions) {
            return new Span(from + positions, to + positions, choice, ranged);
        }
    }

    /** Whether there are others of the same text to compare it with. */
    boolean open() {
        return blanks.stream().anyMatch(blank -> blank.ranged || !blank.choice.isEmpty());
    }
}
