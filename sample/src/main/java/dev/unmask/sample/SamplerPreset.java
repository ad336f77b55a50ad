package dev.unmask.sample;

import dev.unmask.tensor.InputException;

import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Settings with a name: published samplers, a fast one and a careful one. */
public enum SamplerPreset {
    /** SMDM's greedy sampler: by confidence, as many a step as its floor says (METHOD §4). */
    SMDM(SamplerSettings.defaults().withCount(new Count.Smdm(OptionalInt.empty(), Count.Smdm.EPSILON))),
    /** LLaDA's: by confidence, evenly over the steps, in blocks of 32. */
    LLADA(SamplerSettings.defaults().withBlocks(Blocks.of(32))),
    /** Dream's: by entropy, as many a step as its floor says, at temperature 0.2 among 0.95 of probability. */
    DREAM(
            SamplerSettings.defaults()
                    .withOrder(Order.ENTROPY)
                    .withCount(new Count.Smdm(OptionalInt.empty(), Count.Smdm.DREAM_EPSILON))
                    .withFilters(LogitFilters.NONE.withTemperature(0.2).withTopP(0.95))),
    /** Fast-dLLM's: all that the model gives 0.9 and more, in blocks of 32, with the dual cache. */
    FAST(
            SamplerSettings.defaults()
                    .withCount(new ConfidentCount.Threshold(0.9, OptionalInt.empty()))
                    .withBlocks(Blocks.of(32))
                    .withCaching(Caching.DUAL)),
    /** One token a pass by confidence, and what later tokens speak against is masked again (P2). */
    BEST(SamplerSettings.defaults().withRemasking(new Remasking.PathPlanning(1)));

    private final SamplerSettings settings;

    SamplerPreset(SamplerSettings settings) {
        this.settings = settings;
    }

    /**
     * What flags and files call these settings.
     *
     * @return a lower-case word
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The settings.
     *
     * @return with seed 0
     */
    public SamplerSettings settings() {
        return settings;
    }

    /**
     * Finds settings by their name.
     *
     * @param name for example {@code llada}
     * @return the preset
     * @throws InputException if there is none of that name
     */
    public static SamplerPreset of(String name) {
        return Arrays.stream(values())
                .filter(preset -> preset.label().equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() ->
                        new InputException(
                                "sampler: found "
                                        + name
                                        + ", expected one of "
                                        + Arrays.stream(values())
                                                .map(SamplerPreset::label)
                                                .collect(Collectors.joining(", "))));
    }
}
