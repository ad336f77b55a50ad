package dev.unmask.sample;

/**
 * How blanks of a text are filled.
 *
 * @param tokensPerBlank tokens of a blank that does not say how many it stands for, at least 1
 * @param alternatives how many different fillings to return at most, 1 to {@link #MOST_ALTERNATIVES}; of more than one
 *     the likeliest are searched for, as {@link MaskedSampler#likeliest} does, with a sampler that draws nothing
 * @param allowSpecial whether blanks may be filled with special tokens, such as that of the end of a text
 * @param sampler how a single filling is sampled; its banned tokens are never chosen
 */
public record FillSettings(int tokensPerBlank, int alternatives, boolean allowSpecial, SamplerSettings sampler) {
    /** More alternatives than anybody looks at. */
    public static final int MOST_ALTERNATIVES = 1000;

    /** Checks the numbers. */
    public FillSettings {
        Expect.atLeast("tokens per blank", tokensPerBlank, 1);
        Expect.atLeast("alternatives", alternatives, 1);
        Expect.that(
                alternatives <= MOST_ALTERNATIVES,
                "alternatives: found %d, expected at most %d",
                alternatives,
                MOST_ALTERNATIVES);
        if (alternatives > 1) {
            BeamSearch.require(sampler);
        }
    }

    /**
     * One token a blank, one filling, no special tokens, the sampler's defaults.
     *
     * @return the default settings
     */
    public static FillSettings defaults() {
        return new FillSettings(1, 1, false, SamplerSettings.defaults());
    }

    /**
     * These settings with another size of blanks.
     *
     * @param value at least 1
     * @return the settings
     */
    public FillSettings withTokensPerBlank(int value) {
        return new FillSettings(value, alternatives, allowSpecial, sampler);
    }

    /**
     * These settings with another number of fillings.
     *
     * @param value 1 to {@link #MOST_ALTERNATIVES}
     * @return the settings
     */
    public FillSettings withAlternatives(int value) {
        return new FillSettings(tokensPerBlank, value, allowSpecial, sampler);
    }

    /**
     * These settings with or without special tokens in blanks.
     *
     * @param value whether they may be chosen
     * @return the settings
     */
    public FillSettings withAllowSpecial(boolean value) {
        return new FillSettings(tokensPerBlank, alternatives, value, sampler);
    }

    /**
     * These settings with another sampler.
     *
     * @param value how a single filling is sampled
     * @return the settings
     */
    public FillSettings withSampler(SamplerSettings value) {
        return new FillSettings(tokensPerBlank, alternatives, allowSpecial, value);
    }
}
