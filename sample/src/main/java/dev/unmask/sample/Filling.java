package dev.unmask.sample;

import java.util.List;

/**
 * A text whose blanks have been filled.
 *
 * @param text the whole text
 * @param tokens the ids of the whole text
 * @param blanks what stands in each blank, in the order of the text
 * @param evaluations NFE: forward passes of the model over sequences of this text; a guided one counts two. Of
 *     alternatives that were searched for together each has the number of the whole search
 */
public record Filling(String text, List<Integer> tokens, List<Blank> blanks, int evaluations) {
    /** Takes copies. */
    public Filling {
        tokens = List.copyOf(tokens);
        blanks = List.copyOf(blanks);
    }

    /**
     * How sure the model is of the whole filling.
     *
     * @return {@code Σ ln p} of all tokens filled in, nats
     */
    public double logConfidence() {
        return blanks.stream().mapToDouble(Blank::logConfidence).sum();
    }

    /**
     * One filled blank.
     *
     * @param text what stands in it, without the space that joins it to the word before
     * @param position of its first token in the text's
     * @param tokens the ids that it was filled with
     * @param logConfidences of each token {@code ln p} when it was unmasked: given the text and the tokens filled in
     *     before it, nats
     */
    public record Blank(String text, int position, List<Integer> tokens, List<Float> logConfidences) {
        /** Takes copies. */
        public Blank {
            tokens = List.copyOf(tokens);
            logConfidences = List.copyOf(logConfidences);
        }

        /**
         * How sure the model is of this blank.
         *
         * @return {@code Σ ln p} of its tokens, nats
         */
        public double logConfidence() {
            return logConfidences.stream().mapToDouble(Float::doubleValue).sum();
        }
    }
}
