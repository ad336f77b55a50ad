package dev.unmask.sample;

import java.util.OptionalInt;
import java.util.Set;

/**
 * How an autoregressive model samples (METHOD §4).
 *
 * @param length tokens of a whole sequence at most, prompt included, at least 1
 * @param temperature {@code T}, at least 0; 0: the most probable token
 * @param endToken the token after which a sequence ends; empty: it ends at its length only
 * @param bannedTokens ids that are never chosen
 * @param seed of all random numbers
 */
public record AutoregressiveSettings(
        int length, double temperature, OptionalInt endToken, Set<Integer> bannedTokens, long seed) {
    /** Checks the numbers, and takes a copy of the set. */
    public AutoregressiveSettings {
        Expect.atLeast("length", length, 1);
        Expect.nonNegative("temperature", temperature);
        bannedTokens = Expect.tokens("banned tokens", bannedTokens);
    }

    /**
     * Temperature 1, no end token, no banned token, seed 0.
     *
     * @param length tokens of a whole sequence at most, prompt included
     * @return the default settings
     */
    public static AutoregressiveSettings ofLength(int length) {
        return new AutoregressiveSettings(length, 1, OptionalInt.empty(), Set.of(), 0);
    }

    /**
     * These settings with another temperature.
     *
     * @param value at least 0
     * @return the settings
     */
    public AutoregressiveSettings withTemperature(double value) {
        return new AutoregressiveSettings(length, value, endToken, bannedTokens, seed);
    }

    /**
     * These settings with an end token.
     *
     * @param value the token after which a sequence ends
     * @return the settings
     */
    public AutoregressiveSettings withEndToken(int value) {
        return new AutoregressiveSettings(length, temperature, OptionalInt.of(value), bannedTokens, seed);
    }

    /**
     * These settings with other banned tokens.
     *
     * @param value ids that are never chosen
     * @return the settings
     */
    public AutoregressiveSettings withBannedTokens(Set<Integer> value) {
        return new AutoregressiveSettings(length, temperature, endToken, value, seed);
    }

    /**
     * These settings with another seed.
     *
     * @param value any number
     * @return the settings
     */
    public AutoregressiveSettings withSeed(long value) {
        return new AutoregressiveSettings(length, temperature, endToken, bannedTokens, value);
    }
}
