package dev.unmask.sample;

import java.util.List;

/**
 * A text whose blanks have been filled.
 *
 * @param text the whole text
 * @param blanks what stands in each blank, in the order of the text
 * @param logConfidence {@code Σ ln p} of all tokens filled in, each when it was unmasked, nats
 */
public record Filling(String text, List<Blank> blanks, double logConfidence) {
    /** Takes a copy. */
    public Filling {
        blanks = List.copyOf(blanks);
    }

    /**
     * One filled blank.
     *
     * @param text what stands in it, without the space that joins it to the word before
     * @param tokens how many tokens it took
     * @param logConfidence {@code Σ ln p} of its tokens, each when it was unmasked, nats
     */
    public record Blank(String text, int tokens, double logConfidence) {}
}
