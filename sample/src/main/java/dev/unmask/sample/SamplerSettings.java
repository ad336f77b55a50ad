package dev.unmask.sample;

import dev.unmask.model.ModelConfig;

import java.util.HashSet;
import java.util.Set;

/**
 * How a masked diffusion model samples (METHOD §4, §8.3): rules of different kinds, any of which goes with any other.
 *
 * @param order which masked positions come first
 * @param count how many positions each step unmasks, and how many steps there are: at most as many passes of the model
 * @param remasking what becomes of tokens placed in earlier steps
 * @param blocks whether all masked positions compete, or those of one block at a time
 * @param guidance classifier-free guidance by the prompt
 * @param stop when a sequence is finished
 * @param filters what is done with logits before a token is chosen
 * @param caching which positions a pass computes anew
 * @param scope among which positions the first ones are sought
 * @param seed of all random numbers
 */
public record SamplerSettings(
        Order order,
        Count count,
        Remasking remasking,
        Blocks blocks,
        Guidance guidance,
        Stop stop,
        LogitFilters filters,
        Caching caching,
        SelectionScope scope,
        long seed) {
    /** Checks what goes with what. */
    public SamplerSettings {
        Expect.that(
                scope == SelectionScope.SEQUENCE || blocks.equals(Blocks.WHOLE),
                "scope of the batch: found blocks of %s, expected one block, over which the published code ranks",
                blocks.length().isPresent() ? blocks.length().getAsInt() : "any length");
        Expect.that(
                !(remasking instanceof Remasking.PathPlanning && order.knownBeforehand()),
                "remasking by path planning: found order %s, expected one by what the model says",
                order.label());
    }

    /**
     * Confidence order, one token a step, no remasking, one block, temperature 0, no guidance, up to the length, no
     * cache, selection within each sequence, no banned token, seed 0.
     *
     * @return the default settings
     */
    public static SamplerSettings defaults() {
        return new SamplerSettings(
                Order.CONFIDENCE,
                Count.oneByOne(),
                Remasking.NONE,
                Blocks.WHOLE,
                Guidance.NONE,
                Stop.FIXED_LENGTH,
                LogitFilters.NONE,
                Caching.NONE,
                SelectionScope.SEQUENCE,
                0);
    }

    /**
     * What a model gets if nothing else is said: {@link #defaults()}, and where it is one of block diffusion a cache
     * that changes no text.
     *
     * @param model is sampled from
     * @return its default settings
     */
    public static SamplerSettings defaults(ModelConfig model) {
        return model.network().blockLength() > 0 ? defaults().withCaching(Caching.EXACT) : defaults();
    }

    /**
     * These settings with another order.
     *
     * @param value which masked positions come first
     * @return the settings
     */
    public SamplerSettings withOrder(Order value) {
        return new SamplerSettings(value, count, remasking, blocks, guidance, stop, filters, caching, scope, seed);
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
        return new SamplerSettings(order, value, remasking, blocks, guidance, stop, filters, caching, scope, seed);
    }

    /**
     * These settings with other remasking.
     *
     * @param value what becomes of tokens placed in earlier steps
     * @return the settings
     */
    public SamplerSettings withRemasking(Remasking value) {
        return new SamplerSettings(order, count, value, blocks, guidance, stop, filters, caching, scope, seed);
    }

    /**
     * These settings with other blocks.
     *
     * @param value whether all masked positions compete, or those of one block at a time
     * @return the settings
     */
    public SamplerSettings withBlocks(Blocks value) {
        return new SamplerSettings(order, count, remasking, value, guidance, stop, filters, caching, scope, seed);
    }

    /**
     * These settings with guidance in every pass.
     *
     * @param scale {@code w}, at least 0; 0: none
     * @return the settings
     */
    public SamplerSettings withGuidance(double scale) {
        return withGuidance(Guidance.of(scale));
    }

    /**
     * These settings with other guidance.
     *
     * @param value scale and interval
     * @return the settings
     */
    public SamplerSettings withGuidance(Guidance value) {
        return new SamplerSettings(order, count, remasking, blocks, value, stop, filters, caching, scope, seed);
    }

    /**
     * These settings with another end.
     *
     * @param value when a sequence is finished
     * @return the settings
     */
    public SamplerSettings withStop(Stop value) {
        return new SamplerSettings(order, count, remasking, blocks, guidance, value, filters, caching, scope, seed);
    }

    /**
     * These settings with other filters of logits.
     *
     * @param value what is done with logits before a token is chosen
     * @return the settings
     */
    public SamplerSettings withFilters(LogitFilters value) {
        return new SamplerSettings(order, count, remasking, blocks, guidance, stop, value, caching, scope, seed);
    }

    /**
     * These settings with another cache.
     *
     * @param value which positions a pass computes anew
     * @return the settings
     */
    public SamplerSettings withCaching(Caching value) {
        return new SamplerSettings(order, count, remasking, blocks, guidance, stop, filters, value, scope, seed);
    }

    /**
     * These settings with another temperature.
     *
     * @param value at least 0
     * @return the settings
     */
    public SamplerSettings withTemperature(double value) {
        return withFilters(filters.withTemperature(value));
    }

    /**
     * These settings with other banned tokens.
     *
     * @param value ids that are never chosen
     * @return the settings
     */
    public SamplerSettings withBannedTokens(Set<Integer> value) {
        return withFilters(filters.withBanned(value));
    }

    /**
     * These settings with another scope of selection.
     *
     * @param value among which positions the first ones are sought
     * @return the settings
     */
    public SamplerSettings withScope(SelectionScope value) {
        return new SamplerSettings(order, count, remasking, blocks, guidance, stop, filters, caching, value, seed);
    }

    /**
     * These settings with another seed.
     *
     * @param value any number
     * @return the settings
     */
    public SamplerSettings withSeed(long value) {
        return new SamplerSettings(order, count, remasking, blocks, guidance, stop, filters, caching, scope, value);
    }

    /**
     * The temperature of the proposed tokens.
     *
     * @return {@code T}
     */
    public double temperature() {
        return filters.temperature();
    }

    /**
     * All tokens that are never chosen.
     *
     * @return those that are banned, and ends where they are suppressed
     */
    public Set<Integer> bannedTokens() {
        if (stop.treatment() != Stop.Treatment.SUPPRESSED) {
            return filters.banned();
        }
        Set<Integer> all = new HashSet<>(filters.banned());
        all.addAll(stop.ends());
        return all;
    }

    /**
     * Whether no random number is looked at: the seed and the streams of sequences then change nothing.
     *
     * @return whether all seeds give the same texts
     */
    public boolean deterministic() {
        return temperature() == 0 && order.deterministic() && count.deterministic() && remasking.deterministic();
    }
}
