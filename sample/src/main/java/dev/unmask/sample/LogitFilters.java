package dev.unmask.sample;

import java.util.Set;

/**
 * What is done with logits before a token is chosen, on the device, in this order: banned tokens, repetition penalty,
 * top-k, top-p, temperature. The probabilities that rules go by are those after all of them but the temperature.
 *
 * @param temperature {@code T} of the proposed tokens, at least 0; 0: the most probable token
 * @param topK only the so many most probable tokens, with those that equal the last of them; 0: all
 * @param topP of these only the most probable ones that have so much probability together at temperature {@code T} (at
 *     0: at 1), in [0, 1]; 1: all
 * @param repetitionPenalty what positive logits of tokens are divided by, and negative ones multiplied, that stand in
 *     the sequence already; above 0; 1: none
 * @param banned ids that are never chosen, for instance that of the end of a text; the others share their probability
 */
public record LogitFilters(double temperature, int topK, double topP, double repetitionPenalty, Set<Integer> banned) {
    /** The most probable token of all. */
    public static final LogitFilters NONE = new LogitFilters(0, 0, 1, 1, Set.of());

    /** Checks the numbers, and takes a copy of the set. */
    public LogitFilters {
        Expect.nonNegative("temperature", temperature);
        Expect.atLeast("top-k", topK, 0);
        Expect.fraction("top-p", topP);
        Expect.positive("repetition penalty", repetitionPenalty);
        banned = Expect.tokens("banned tokens", banned);
    }

    /**
     * These filters with another temperature.
     *
     * @param value at least 0
     * @return the filters
     */
    public LogitFilters withTemperature(double value) {
        return new LogitFilters(value, topK, topP, repetitionPenalty, banned);
    }

    /**
     * These filters with another number of tokens.
     *
     * @param value only the so many most probable tokens; 0: all
     * @return the filters
     */
    public LogitFilters withTopK(int value) {
        return new LogitFilters(temperature, value, topP, repetitionPenalty, banned);
    }

    /**
     * These filters with another share of probability.
     *
     * @param value in [0, 1]; 1: all
     * @return the filters
     */
    public LogitFilters withTopP(double value) {
        return new LogitFilters(temperature, topK, value, repetitionPenalty, banned);
    }

    /**
     * These filters with another penalty.
     *
     * @param value above 0; 1: none
     * @return the filters
     */
    public LogitFilters withRepetitionPenalty(double value) {
        return new LogitFilters(temperature, topK, topP, value, banned);
    }

    /**
     * These filters with other banned tokens.
     *
     * @param value ids that are never chosen
     * @return the filters
     */
    public LogitFilters withBanned(Set<Integer> value) {
        return new LogitFilters(temperature, topK, topP, repetitionPenalty, value);
    }
}
