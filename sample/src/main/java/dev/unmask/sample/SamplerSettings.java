package dev.unmask.sample;

import java.util.Set;

/**
 * How a masked diffusion model samples (METHOD §4).
 *
 * @param rule which masked positions a step unmasks
 * @param steps steps of the time grid, at least 1: at most as many passes of the model
 * @param temperature {@code T} of the proposed tokens, at least 0; 0: the most probable token
 * @param guidance classifier-free guidance scale {@code w}, at least 0; 0: none
 * @param epsilon the last time of the grid, above 0 and below 1
 * @param scope among which positions the most confident ones are sought
 * @param bannedTokens ids that are never chosen, for instance that of the end of a text; the probabilities that rules
 *     go by are those of the other tokens
 * @param seed of all random numbers
 */
public record SamplerSettings(
        UnmaskingRule rule,
        int steps,
        double temperature,
        double guidance,
        double epsilon,
        SelectionScope scope,
        Set<Integer> bannedTokens,
        long seed) {
    /** More steps than any sequence has positions change nothing; a slip of the keyboard is refused. */
    private static final int MOST_STEPS = 1_000_000;

    /** Checks the numbers, and takes a copy of the set. */
    public SamplerSettings {
        Expect.atLeast("steps", steps, 1);
        Expect.that(steps <= MOST_STEPS, "steps: found %d, expected at most %d", steps, MOST_STEPS);
        Expect.nonNegative("temperature", temperature);
        Expect.nonNegative("guidance scale", guidance);
        Expect.that(epsilon > 0 && epsilon < 1, "epsilon: found %s, expected a number between 0 and 1", epsilon);
        bannedTokens = Expect.tokens("banned tokens", bannedTokens);
    }

    /**
     * Confidence order, 64 steps, temperature 0, no guidance, the published epsilon 1e-5, selection within each
     * sequence, no banned token, seed 0.
     *
     * @return the default settings
     */
    public static SamplerSettings defaults() {
        return new SamplerSettings(UnmaskingRule.CONFIDENCE, 64, 0, 0, 1e-5, SelectionScope.SEQUENCE, Set.of(), 0);
    }

    /**
     * These settings with another rule.
     *
     * @param value which masked positions a step unmasks
     * @return the settings
     */
    public SamplerSettings withRule(UnmaskingRule value) {
        return new SamplerSettings(value, steps, temperature, guidance, epsilon, scope, bannedTokens, seed);
    }

    /**
     * These settings with another number of steps.
     *
     * @param value at least 1
     * @return the settings
     */
    public SamplerSettings withSteps(int value) {
        return new SamplerSettings(rule, value, temperature, guidance, epsilon, scope, bannedTokens, seed);
    }

    /**
     * These settings with another temperature.
     *
     * @param value at least 0
     * @return the settings
     */
    public SamplerSettings withTemperature(double value) {
        return new SamplerSettings(rule, steps, value, guidance, epsilon, scope, bannedTokens, seed);
    }

    /**
     * These settings with another guidance scale.
     *
     * @param value at least 0
     * @return the settings
     */
    public SamplerSettings withGuidance(double value) {
        return new SamplerSettings(rule, steps, temperature, value, epsilon, scope, bannedTokens, seed);
    }

    /**
     * These settings with another end of the time grid.
     *
     * @param value above 0 and below 1
     * @return the settings
     */
    public SamplerSettings withEpsilon(double value) {
        return new SamplerSettings(rule, steps, temperature, guidance, value, scope, bannedTokens, seed);
    }

    /**
     * These settings with another scope of selection.
     *
     * @param value among which positions the most confident ones are sought
     * @return the settings
     */
    public SamplerSettings withScope(SelectionScope value) {
        return new SamplerSettings(rule, steps, temperature, guidance, epsilon, value, bannedTokens, seed);
    }

    /**
     * These settings with other banned tokens.
     *
     * @param value ids that are never chosen
     * @return the settings
     */
    public SamplerSettings withBannedTokens(Set<Integer> value) {
        return new SamplerSettings(rule, steps, temperature, guidance, epsilon, scope, value, seed);
    }

    /**
     * These settings with another seed.
     *
     * @param value any number
     * @return the settings
     */
    public SamplerSettings withSeed(long value) {
        return new SamplerSettings(rule, steps, temperature, guidance, epsilon, scope, bannedTokens, value);
    }
}
