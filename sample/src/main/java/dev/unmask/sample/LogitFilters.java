package dev.unmask.sample;

import java.util.Set;

/**
 * What is done with logits before a token is chosen, on the device: banned tokens first.
 *
 * @param temperature {@code T} of the proposed tokens, at least 0; 0: the most probable token
 * @param banned ids that are never chosen, for instance that of the end of a text; the probabilities that rules go by
 *     are those of the other tokens
 */
public record LogitFilters(double temperature, Set<Integer> banned) {
    /** The most probable token of all. */
    public static final LogitFilters NONE = new LogitFilters(0, Set.of());

    /** Checks the numbers, and takes a copy of the set. */
    public LogitFilters {
        Expect.nonNegative("temperature", temperature);
        banned = Expect.tokens("banned tokens", banned);
    }

    /**
     * These filters with another temperature.
     *
     * @param value at least 0
     * @return the filters
     */
    public LogitFilters withTemperature(double value) {
        return new LogitFilters(value, banned);
    }

    /**
     * These filters with other banned tokens.
     *
     * @param value ids that are never chosen
     * @return the filters
     */
    public LogitFilters withBanned(Set<Integer> value) {
        return new LogitFilters(temperature, value);
    }
}
