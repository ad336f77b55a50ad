package dev.unmask.sample;

import java.util.OptionalInt;

/**
 * How an autoregressive model samples (METHOD §4).
 *
 * @param length tokens of a whole sequence at most, prompt included, at least 1
 * @param temperature {@code T}, at least 0; 0: the most probable token
 * @param endToken the token after which a sequence ends; empty: it ends at its length only
 * @param seed of all random numbers
 */
public record AutoregressiveSettings(int length, double temperature, OptionalInt endToken, long seed) {
    /** Checks the numbers. */
    public AutoregressiveSettings {
        Expect.atLeast("length", length, 1);
        Expect.nonNegative("temperature", temperature);
    }

    /**
     * Temperature 1, no end token, seed 0.
     *
     * @param length tokens of a whole sequence at most, prompt included
     * @return the default settings
     */
    public static AutoregressiveSettings ofLength(int length) {
        return new AutoregressiveSettings(length, 1, OptionalInt.empty(), 0);
    }

    /**
     * These settings with another temperature.
     *
     * @param value at least 0
     * @return the settings
     */
    public AutoregressiveSettings withTemperature(double value) {
        return new AutoregressiveSettings(length, value, endToken, seed);
    }

    /**
     * These settings with an end token.
     *
     * @param value the token after which a sequence ends
     * @return the settings
     */
    public AutoregressiveSettings withEndToken(int value) {
        return new AutoregressiveSettings(length, temperature, OptionalInt.of(value), seed);
    }

    /**
     * These settings with another seed.
     *
     * @param value any number
     * @return the settings
     */
    public AutoregressiveSettings withSeed(long value) {
        return new AutoregressiveSettings(length, temperature, endToken, value);
    }
}
