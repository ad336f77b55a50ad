package dev.unmask.sample;

import java.util.Set;

/**
 * How a masked diffusion model samples (METHOD §4).
 *
 * @param rule which masked positions a step unmasks
 * @param count how many positions each step unmasks, and how many steps there are: at most as many passes of the model
 * @param temperature {@code T} of the proposed tokens, at least 0; 0: the most probable token
 * @param guidance classifier-free guidance scale {@code w}, at least 0; 0: none
 * @param scope among which positions the most confident ones are sought
 * @param bannedTokens ids that are never chosen, for instance that of the end of a text; the probabilities that rules
 *     go by are those of the other tokens
 * @param seed of all random numbers
 */
public record SamplerSettings(
        UnmaskingRule rule,
        Count count,
        double temperature,
        double guidance,
        SelectionScope scope,
        Set<Integer> bannedTokens,
        long seed) {
    /** Checks the numbers, and takes a copy of the set. */
    public SamplerSettings {
        Expect.nonNegative("temperature", temperature);
        Expect.nonNegative("guidance scale", guidance);
        bannedTokens = Expect.tokens("banned tokens", bannedTokens);
    }

    /**
     * Confidence order, one token a step, temperature 0, no guidance, selection within each sequence, no banned token,
     * seed 0.
     *
     * @return the default settings
     */
    public static SamplerSettings defaults() {
        return new SamplerSettings(
                UnmaskingRule.CONFIDENCE, Count.oneByOne(), 0, 0, SelectionScope.SEQUENCE, Set.of(), 0);
    }

    /**
     * These settings with another rule.
     *
     * @param value which masked positions a step unmasks
     * @return the settings
     */
    public SamplerSettings withRule(UnmaskingRule value) {
        return new SamplerSettings(value, count, temperature, guidance, scope, bannedTokens, seed);
    }

    /**
     * These settings with another number of steps.
     *
     * @param value at least 1
     * @return the settings
     */
    public SamplerSettings withSteps(int value) {
        return withCount(count.withSteps(value));
    }

    /**
     * These settings with another number of positions a step.
     *
     * @param value how many positions each step unmasks
     * @return the settings
     */
    public SamplerSettings withCount(Count value) {
        return new SamplerSettings(rule, value, temperature, guidance, scope, bannedTokens, seed);
    }

    /**
     * These settings with another temperature.
     *
     * @param value at least 0
     * @return the settings
     */
    public SamplerSettings withTemperature(double value) {
        return new SamplerSettings(rule, count, value, guidance, scope, bannedTokens, seed);
    }

    /**
     * These settings with another guidance scale.
     *
     * @param value at least 0
     * @return the settings
     */
    public SamplerSettings withGuidance(double value) {
        return new SamplerSettings(rule, count, temperature, value, scope, bannedTokens, seed);
    }

    /**
     * These settings with another scope of selection.
     *
     * @param value among which positions the most confident ones are sought
     * @return the settings
     */
    public SamplerSettings withScope(SelectionScope value) {
        return new SamplerSettings(rule, count, temperature, guidance, value, bannedTokens, seed);
    }

    /**
     * These settings with other banned tokens.
     *
     * @param value ids that are never chosen
     * @return the settings
     */
    public SamplerSettings withBannedTokens(Set<Integer> value) {
        return new SamplerSettings(rule, count, temperature, guidance, scope, value, seed);
    }

    /**
     * These settings with another seed.
     *
     * @param value any number
     * @return the settings
     */
    public SamplerSettings withSeed(long value) {
        return new SamplerSettings(rule, count, temperature, guidance, scope, bannedTokens, value);
    }
}
