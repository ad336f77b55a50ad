package dev.unmask.sample;

/**
 * How blanks of a text are filled.
 *
 * @param tokensPerBlank tokens of a blank that does not say how many it stands for, at least 1
 * @param alternatives how many different fillings to return at most, at least 1
 * @param alternativeTemperature temperature at which further fillings are drawn, above 0
 * @param sampler how the first filling is sampled, and all but the temperature of the others
 */
public record FillSettings(
        int tokensPerBlank, int alternatives, double alternativeTemperature, SamplerSettings sampler) {
    /** Checks the numbers. */
    public FillSettings {
        Expect.atLeast("tokens per blank", tokensPerBlank, 1);
        Expect.atLeast("alternatives", alternatives, 1);
        Expect.nonNegative("temperature of alternatives", alternativeTemperature);
        Expect.that(
                alternativeTemperature > 0,
                "temperature of alternatives: found 0, expected a positive number, for at 0 all would be the same");
    }

    /**
     * One token a blank, one filling, alternatives at temperature 1, the sampler's defaults.
     *
     * @return the default settings
     */
    public static FillSettings defaults() {
        return new FillSettings(1, 1, 1, SamplerSettings.defaults());
    }

    /**
     * These settings with another size of blanks.
     *
     * @param value at least 1
     * @return the settings
     */
    public FillSettings withTokensPerBlank(int value) {
        return new FillSettings(value, alternatives, alternativeTemperature, sampler);
    }

    /**
     * These settings with another number of fillings.
     *
     * @param value at least 1
     * @return the settings
     */
    public FillSettings withAlternatives(int value) {
        return new FillSettings(tokensPerBlank, value, alternativeTemperature, sampler);
    }

    /**
     * These settings with another temperature of the alternatives.
     *
     * @param value above 0
     * @return the settings
     */
    public FillSettings withAlternativeTemperature(double value) {
        return new FillSettings(tokensPerBlank, alternatives, value, sampler);
    }

    /**
     * These settings with another sampler.
     *
     * @param value how the first filling is sampled
     * @return the settings
     */
    public FillSettings withSampler(SamplerSettings value) {
        return new FillSettings(tokensPerBlank, alternatives, alternativeTemperature, value);
    }
}
