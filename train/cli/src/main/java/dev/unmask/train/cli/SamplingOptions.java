package dev.unmask.train.cli;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.SamplerOption;
import dev.unmask.sample.SamplerOptions;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SelectionScope;
import dev.unmask.sample.Stop;
import dev.unmask.tensor.InputException;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Options of every command that unmasks. What nobody says is as in the preset, or else as in the defaults. */
final class SamplingOptions {
    /** What autoregressive models have a use for too. */
    private static final Set<SamplerOption> FOR_BOTH =
            Set.of(
                    SamplerOption.TEMPERATURE,
                    SamplerOption.TOP_K,
                    SamplerOption.TOP_P,
                    SamplerOption.REPETITION_PENALTY);

    @Mixin private CountOptions counts = new CountOptions();
    @Mixin private RemaskingOptions remasking = new RemaskingOptions();
    @Mixin private FilterOptions filters = new FilterOptions();

    @Option(
            names = "--sampler",
            paramLabel = "NAME",
            description =
                    "Settings with a name, which other options change: smdm, llada, dream (as published), fast"
                            + " (several tokens a pass where the model is sure), best (doubtful tokens are masked"
                            + " again). Default: by confidence, one token a pass.")
    private Optional<String> sampler = Optional.empty();

    @Option(
            names = {"--order", "--rule"},
            paramLabel = "NAME",
            description =
                    "Which masked places are filled first: confidence (default), margin, entropy, random,"
                            + " left_to_right; ancestral: random, and --schedule ancestral.")
    private Optional<String> order = Optional.empty();

    @Option(
            names = "--order-temperature",
            paramLabel = "T",
            description = "Draw the order, the more evenly the higher. Default: 0, not drawn.")
    private Optional<Double> orderTemperature = Optional.empty();

    @Option(
            names = "--block-length",
            paramLabel = "N",
            description = "Fill N places after N places, from left to right. Default: all at once.")
    private Optional<Integer> blockLength = Optional.empty();

    @Option(
            names = "--cache",
            paramLabel = "NAME",
            description =
                    "Keep keys and values of earlier passes: prefix (those before the block), dual (all but the"
                            + " block's), delayed (those of tokens filled in). Faster, not the same texts. Default:"
                            + " none; of a model of block diffusion exact, which gives the same texts.")
    private Optional<String> cache = Optional.empty();

    @Option(
            names = "--cache-refresh",
            paramLabel = "N",
            description = "With --cache delayed: compute everything every N passes. Default: 8.")
    private Optional<Integer> cacheRefresh = Optional.empty();

    @Option(
            names = "--guidance",
            paramLabel = "W",
            description = "Scale of unsupervised classifier-free guidance by the prompt. Default: 0.")
    private Optional<Double> guidance = Optional.empty();

    @Option(
            names = "--guidance-interval",
            paramLabel = "A,B",
            split = ",",
            arity = "1",
            description =
                    "Guide only while a share from A to B of the places is masked, for example 0.3,1. Default: 0,1.")
    private List<Double> guidanceInterval = List.of();

    @Option(
            names = "--batch-global",
            description = "Choose the places over the whole batch at once, as the published code does.")
    private boolean batchGlobal;

    @Option(names = "--no-end", description = "Never choose the end-of-text token, so that the text fills its length.")
    private boolean noEnd;

    @Option(
            names = "--end-last",
            description = "Fill places for which the end-of-text token is proposed only after all others.")
    private boolean endLast;

    @Option(
            names = "--stop-at-end",
            description = "Finish a text as soon as everything up to an end-of-text token is filled.")
    private boolean stopAtEnd;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1234", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    /** All but those that say when a text ends, and among which places the first ones are sought. */
    private SamplerOptions asked() {
        SamplerOptions asked = new SamplerOptions(SamplingOptions::flag);
        counts.put(asked);
        remasking.put(asked);
        filters.put(asked);
        return asked.with(SamplerOption.SAMPLER, sampler)
                .with(SamplerOption.ORDER, order)
                .with(SamplerOption.ORDER_TEMPERATURE, orderTemperature)
                .with(SamplerOption.BLOCK_LENGTH, blockLength)
                .with(SamplerOption.CACHE, cache)
                .with(SamplerOption.CACHE_REFRESH, cacheRefresh)
                .with(SamplerOption.GUIDANCE, guidance)
                .with(
                        SamplerOption.GUIDANCE_INTERVAL,
                        guidanceInterval.isEmpty() ? Optional.empty() : Optional.of(guidanceInterval));
    }

    /** What an option of the sampler is called here. */
    static String flag(SamplerOption option) {
        return "--" + option.label().replace('_', '-');
    }

    /** Refuses what has no meaning where a causal model goes token by token. */
    void requireCausal() {
        List<String> found = new ArrayList<>();
        asked().given().stream()
                .filter(option -> !FOR_BOTH.contains(option))
                .forEach(option -> found.add(flag(option)));
        if (batchGlobal) {
            found.add("--batch-global");
        }
        if (endLast) {
            found.add("--end-last");
        }
        if (!found.isEmpty()) {
            throw new InputException(
                    found.getFirst()
                            + ": found an autoregressive model, which goes token by token from left to right; go"
                            + " without "
                            + String.join(", ", found)
                            + ", or choose a masked model");
        }
    }

    private static Set<Integer> required(Set<Integer> ends, String option) {
        if (ends.isEmpty()) {
            throw new InputException(
                    option
                            + ": the tokenizer has no end-of-text token that could be treated otherwise; go without "
                            + option);
        }
        return ends;
    }

    private Stop stop(Set<Integer> ends) {
        if (noEnd && (endLast || stopAtEnd)) {
            throw new InputException("--no-end: found beside --end-last or --stop-at-end, which then have no meaning");
        }
        if (!endLast && !stopAtEnd) {
            return Stop.FIXED_LENGTH;
        }
        return new Stop(
                required(ends, endLast ? "--end-last" : "--stop-at-end"),
                stopAtEnd,
                endLast ? Stop.Treatment.LAST : Stop.Treatment.AS_OTHERS);
    }

    /** The settings where a text may end with any of these tokens. */
    SamplerSettings settings(LanguageModel model, Set<Integer> ends) {
        Set<Integer> banned = noEnd ? required(ends, "--no-end") : Set.of();
        return settings(SamplerSettings.defaults(model.config()), banned, ends);
    }

    /** The settings of a sampling without a tokenizer, of so many passes if nobody says how many. */
    SamplerSettings benchmarked(int usualSteps) {
        SamplerSettings usual = SamplerSettings.defaults();
        return settings(asked().decidesPasses() ? usual : usual.withSteps(usualSteps), Set.of(), Set.of());
    }

    private SamplerSettings settings(SamplerSettings usual, Set<Integer> banned, Set<Integer> ends) {
        SamplerSettings chosen = asked().settings(usual);
        return chosen.withFilters(chosen.filters().withBanned(banned))
                .withStop(stop(ends))
                .withScope(batchGlobal ? SelectionScope.BATCH : SelectionScope.SEQUENCE)
                .withSeed(seed);
    }
}
