package dev.unmask.sample;

import java.util.Set;

/**
 * How an autoregressive model samples (METHOD §4).
 *
 * @param length tokens of a whole sequence at most, prompt included, at least 1
 * @param ends the tokens after any of which a sequence ends; none: it ends at its length only
 * @param filters what is done with logits before a token is chosen
 * @param seed of all random numbers
 */
public record AutoregressiveSettings(int length, Set<Integer> ends, LogitFilters filters, long seed) {
    /** Takes a copy and checks the numbers. */
    public AutoregressiveSettings {
        Expect.atLeast("length", length, 1);
        ends = Expect.tokens("end tokens", ends);
    }

    /**
     * Temperature 1, no end token, no banned token, seed 0.
     *
     * @param length tokens of a whole sequence at most, prompt included
     * @return the default settings
     */
    public static AutoregressiveSettings ofLength(int length) {
        return new AutoregressiveSettings(length, Set.of(), LogitFilters.NONE.withTemperature(1), 0);
    }

    /**
     * These settings with another temperature.
     *
     * @param value at least 0
     * @return the settings
     */
    public AutoregressiveSettings withTemperature(double value) {
        return withFilters(filters.withTemperature(value));
    }

    /**
     * These settings with an end token.
     *
     * @param value the token after which a sequence ends
     * @return the settings
     */
    public AutoregressiveSettings withEndToken(int value) {
        return new AutoregressiveSettings(length, Set.of(value), filters, seed);
    }

    /**
     * These settings with other end tokens.
     *
     * @param value the tokens after any of which a sequence ends
     * @return the settings
     */
    public AutoregressiveSettings withEnds(Set<Integer> value) {
        return new AutoregressiveSettings(length, value, filters, seed);
    }

    /**
     * These settings with other banned tokens.
     *
     * @param value ids that are never chosen
     * @return the settings
     */
    public AutoregressiveSettings withBannedTokens(Set<Integer> value) {
        return withFilters(filters.withBanned(value));
    }

    /**
     * These settings with another seed.
     *
     * @param value any number
     * @return the settings
     */
    public AutoregressiveSettings withSeed(long value) {
        return new AutoregressiveSettings(length, ends, filters, value);
    }

    /**
     * These settings with other filters of logits.
     *
     * @param value what is done with logits before a token is chosen
     * @return the settings
     */
    public AutoregressiveSettings withFilters(LogitFilters value) {
        return new AutoregressiveSettings(length, ends, value, seed);
    }

    /**
     * The temperature.
     *
     * @return {@code T}
     */
    public double temperature() {
        return filters.temperature();
    }

    /**
     * The tokens that are never chosen.
     *
     * @return their ids
     */
    public Set<Integer> bannedTokens() {
        return filters.banned();
    }
}
