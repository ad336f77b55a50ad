package dev.unmask.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A text with blanks as tokens, one reading of what was written.
 *
 * @param ids {@code [T]}: tokens, and mask tokens in the blanks
 * @param blanks where the blanks are, in the order of the text
 * @param enclosed whether the first and the last token begin and end the text and are no part of it
 * @param endedBy whether the last token ends the text and is no part of it
 * @param allowed of each position that is restricted the tokens that may stand there
 * @param picks which of several ways each open blank takes here
 */
record BlankText(
        int[] ids, List<Span> blanks, boolean enclosed, boolean endedBy, Map<Integer, BitSet> allowed, Picks picks) {
    /** How many tokens a blank takes. */
    sealed interface Size {
        /** As many as it has. */
        record Given() implements Size {}

        /** One of all sizes from one to another, each of which is read. */
        record Ranged() implements Size {}

        /** One of these sizes, of which only some are read at first. */
        record Unknown(int least, int most) implements Size {}

        /** As many as stand before the end of the text, at least so many. */
        record Ended(int least) implements Size {}

        /** What most blanks are. */
        Size GIVEN = new Given();
    }

    /**
     * Positions {@code from … to-1} of the tokens.
     *
     * @param choice the tokens that are to stand there; none: they are to be found
     * @param size how many tokens it takes
     */
    record Span(int from, int to, List<Integer> choice, Size size) {
        Span(int from, int to) {
            this(from, to, List.of(), Size.GIVEN);
        }

        Span movedBy(int positions) {
            return new Span(from + positions, to + positions, choice, size);
        }

        int tokens() {
            return to - from;
        }

        /** Whether it is one of several sizes. */
        boolean sized() {
            return size instanceof Size.Ranged || size instanceof Size.Unknown;
        }
    }

    /** Whether there are others of the same text to compare it with, or its length is not known yet. */
    boolean open() {
        return blanks.stream().anyMatch(blank -> blank.size != Size.GIVEN || !blank.choice.isEmpty());
    }

    /** Whether the last blank goes up to the end of the text, wherever that is. */
    boolean ended() {
        return !blanks.isEmpty() && blanks.getLast().size instanceof Size.Ended;
    }

    /** The blanks whose size is unknown, in order. */
    List<Span> unknown() {
        return blanks.stream().filter(blank -> blank.size instanceof Size.Unknown).toList();
    }

    /** The sequence to be sampled, with other tokens. */
    MaskedSequence sequence(int[] tokens, int maskToken) {
        return MaskedSequence.infilling(tokens, maskToken, 0).withAllowed(allowed);
    }

    /** The same text whose last blank, which goes up to the end, has so many tokens. */
    BlankText endedAfter(int count) {
        Span last = blanks.getLast();
        List<Span> spans = new ArrayList<>(blanks.subList(0, blanks.size() - 1));
        spans.add(new Span(last.from, last.from + count));
        Map<Integer, BitSet> left = new HashMap<>(allowed);
        left.keySet().removeIf(position -> position >= last.from + count);
        return new BlankText(Arrays.copyOf(ids, last.from + count), spans, enclosed, endedBy, left, picks);
    }

    /** The same text with a token behind it that ends it and is no part of it. */
    BlankText endedBy(int end) {
        int[] longer = Arrays.copyOf(ids, ids.length + 1);
        longer[ids.length] = end;
        return new BlankText(longer, blanks, enclosed, true, allowed, picks);
    }

    /** The tokens of the text without those that only begin and end it. */
    int[] proper(int[] all) {
        return Arrays.copyOfRange(all, enclosed ? 1 : 0, enclosed || endedBy ? all.length - 1 : all.length);
    }
}
