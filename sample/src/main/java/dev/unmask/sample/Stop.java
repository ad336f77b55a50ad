package dev.unmask.sample;

import java.util.Set;

/**
 * When a sequence is finished, and what becomes of tokens that end a text (METHOD §8.3).
 *
 * @param ends ids of the tokens that end a text
 * @param early whether a sequence is finished as soon as an end stands behind positions that are all unmasked; what
 *     follows is filled with it
 * @param treatment how ends take part in the sampling
 */
public record Stop(Set<Integer> ends, boolean early, Treatment treatment) {
    /** Sequences are filled to their length, ends are tokens like others. */
    public static final Stop FIXED_LENGTH = new Stop(Set.of(), false, Treatment.AS_OTHERS);

    /** How ends take part. */
    public enum Treatment {
        /** Like other tokens. */
        AS_OTHERS,
        /** They are never chosen; the others share their probability. */
        SUPPRESSED,
        /** Positions where one is proposed come after all others, as if the model were not sure of it at all. */
        LAST
    }

    /** Takes a copy and checks the ids. */
    public Stop {
        ends = Expect.tokens("end tokens", ends);
    }

    /**
     * These ends, with sequences finished as soon as one is met.
     *
     * @param ends ids of the tokens that end a text
     * @return the rule
     */
    public static Stop at(Set<Integer> ends) {
        return new Stop(ends, true, Treatment.AS_OTHERS);
    }
}
