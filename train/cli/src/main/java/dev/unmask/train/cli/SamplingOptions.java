package dev.unmask.train.cli;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.Blocks;
import dev.unmask.sample.Caching;
import dev.unmask.sample.Count;
import dev.unmask.sample.Guidance;
import dev.unmask.sample.LogitFilters;
import dev.unmask.sample.Order;
import dev.unmask.sample.Remasking;
import dev.unmask.sample.SamplerPreset;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SelectionScope;
import dev.unmask.sample.Stop;
import dev.unmask.tensor.InputException;

import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** Options of every command that unmasks. What nobody says is as in the preset, or else as in the defaults. */
final class SamplingOptions {
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
            names = "--steps",
            paramLabel = "N",
            description =
                    "Passes of the model at the most; with fewer than tokens to fill each fills several. Default: one a"
                            + " token.")
    private Optional<Integer> steps = Optional.empty();

    /** How many tokens a pass fills. */
    enum Schedule {
        EVEN,
        SMDM,
        COSINE,
        ANCESTRAL
    }

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description =
                    "How tokens are shared among passes: even (default), cosine (few at first), ancestral (drawn, as in"
                            + " the reverse process), or smdm: the published floor, whose first passes fill none and"
                            + " whose last fills what is left.")
    private Optional<Schedule> schedule = Optional.empty();

    @Option(
            names = "--threshold",
            paramLabel = "P",
            description =
                    "Instead of a schedule: each pass fills what the model gives P and more, at least one token. Beside"
                            + " --schedule even no more than that allows, and what falls short waits.")
    private Optional<Double> threshold = Optional.empty();

    @Option(
            names = "--factor",
            paramLabel = "F",
            description =
                    "Instead of a schedule: the n-th token in order is filled if the model gives it 1 - F/(n + 1) and"
                            + " more, up to the first that is not.")
    private Optional<Double> factor = Optional.empty();

    @Option(
            names = "--entropy-budget",
            paramLabel = "NATS",
            description =
                    "Instead of a schedule: each pass fills as many tokens as have so much entropy together, the"
                            + " largest not counted.")
    private Optional<Double> entropyBudget = Optional.empty();

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Instead of a schedule: as many passes as fit into S seconds.")
    private Optional<Double> seconds = Optional.empty();

    /** What becomes of tokens that were filled in before. */
    enum Again {
        NONE,
        P2,
        REMDM_CAP,
        REMDM_RESCALE,
        REMDM_CONF,
        EDIT;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Option(
            names = "--remasking",
            paramLabel = "NAME",
            description =
                    "What becomes of tokens filled in before: none (default), p2 (the worst of all are masked again),"
                            + " remdm-cap, remdm-rescale, remdm-conf (some are, by chance), edit (replaced where the"
                            + " model is sure of another).")
    private Optional<String> remasking = Optional.empty();

    @Option(
            names = "--remasking-strength",
            paramLabel = "X",
            description =
                    "p2: 0 keeps all, 1 treats them like others. Default: 1. remdm: the chance, or its share. Default:"
                            + " 0.1, remdm-conf 1. edit: what the model must give the other token. Default: 0.9.")
    private Optional<Double> strength = Optional.empty();

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
            names = "--temperature",
            paramLabel = "T",
            description = "0: always the likeliest token; 1: as the model believes. Default: 0.")
    private Optional<Double> temperature = Optional.empty();

    @Option(
            names = "--top-k",
            paramLabel = "N",
            description = "Choose among the N likeliest tokens only. Default: 0, all.")
    private Optional<Integer> topK = Optional.empty();

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Choose among the likeliest tokens only that have probability P together. Default: 1, all.")
    private Optional<Double> topP = Optional.empty();

    @Option(
            names = "--repetition-penalty",
            paramLabel = "X",
            description = "Divide logits of tokens by X that stand in the text already. Default: 1, none.")
    private Optional<Double> repetitionPenalty = Optional.empty();

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

    /** What is done with logits before a token is chosen. */
    private LogitFilters filters(Set<Integer> banned) {
        LogitFilters usual = preset().filters();
        return new LogitFilters(
                temperature.orElse(usual.temperature()),
                topK.orElse(usual.topK()),
                topP.orElse(usual.topP()),
                repetitionPenalty.orElse(usual.repetitionPenalty()),
                banned);
    }

    /** Refuses what has no meaning where a causal model goes token by token. */
    void requireCausal() {
        List<String> found = new ArrayList<>();
        sampler.ifPresent(value -> found.add("--sampler"));
        order.ifPresent(value -> found.add("--order"));
        orderTemperature.ifPresent(value -> found.add("--order-temperature"));
        steps.ifPresent(value -> found.add("--steps"));
        found.addAll(counts());
        remasking.ifPresent(value -> found.add("--remasking"));
        strength.ifPresent(value -> found.add("--remasking-strength"));
        blockLength.ifPresent(value -> found.add("--block-length"));
        cache.ifPresent(value -> found.add("--cache"));
        cacheRefresh.ifPresent(value -> found.add("--cache-refresh"));
        guidance.ifPresent(value -> found.add("--guidance"));
        if (!guidanceInterval.isEmpty()) {
            found.add("--guidance-interval");
        }
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

    private SamplerSettings preset() {
        return sampler.map(SamplerPreset::of).map(SamplerPreset::settings).orElse(SamplerSettings.defaults());
    }

    private boolean ancestral() {
        return order.filter(name -> name.equalsIgnoreCase("ancestral")).isPresent();
    }

    /** The options that say how many tokens a pass fills. */
    private List<String> counts() {
        List<String> found = new ArrayList<>();
        schedule.ifPresent(value -> found.add("--schedule"));
        threshold.ifPresent(value -> found.add("--threshold"));
        factor.ifPresent(value -> found.add("--factor"));
        entropyBudget.ifPresent(value -> found.add("--entropy-budget"));
        seconds.ifPresent(value -> found.add("--seconds"));
        return found;
    }

    private Count count(Count usual) {
        List<String> found = counts();
        if (ancestral() && !found.isEmpty()) {
            throw new InputException(
                    found.getFirst()
                            + ": found one beside --order ancestral, which draws how many tokens a pass fills; go"
                            + " without "
                            + found.getFirst()
                            + ", or choose --order random");
        }
        boolean waiting = threshold.isPresent() && schedule.equals(Optional.of(Schedule.EVEN)) && found.size() == 2;
        if (found.size() > 1 && !waiting) {
            throw new InputException(
                    found.get(1) + ": found beside " + found.getFirst() + ", expected one of them at the most");
        }
        if (seconds.isPresent() && steps.isPresent()) {
            throw new InputException("--steps: found beside --seconds, which decides how many passes there are");
        }
        OptionalInt open = OptionalInt.empty();
        if (waiting) {
            Count even = new Count.EvenThreshold(threshold.get(), open);
            return steps.map(even::withSteps).orElse(even);
        }
        Count count =
                ancestral()
                        ? new Count.Ancestral(open, Count.Smdm.EPSILON)
                        : schedule.map(SamplingOptions::scheduled)
                                .or(() -> threshold.map(value -> new Count.Threshold(value, open)))
                                .or(() -> factor.map(value -> new Count.Factor(value, open)))
                                .or(() -> entropyBudget.map(value -> new Count.EntropyBudget(value, open)))
                                .or(() -> seconds.map(Count.TimeBudget::new))
                                .orElse(usual);
        return steps.map(count::withSteps).orElse(count);
    }

    private static Count scheduled(Schedule schedule) {
        return switch (schedule) {
            case EVEN -> Count.oneByOne();
            case SMDM -> new Count.Smdm(OptionalInt.empty(), Count.Smdm.EPSILON);
            case COSINE -> new Count.Cosine(OptionalInt.empty());
            case ANCESTRAL -> new Count.Ancestral(OptionalInt.empty(), Count.Smdm.EPSILON);
        };
    }

    private Remasking remasking(Remasking usual) {
        if (remasking.isEmpty()) {
            if (strength.isPresent()) {
                throw new InputException("--remasking-strength: found without --remasking, whose strength it is");
            }
            return usual;
        }
        Again again = again(remasking.get());
        return switch (again) {
            case NONE -> Remasking.NONE;
            case P2 -> new Remasking.PathPlanning(strength.orElse(1.0));
            case REMDM_CAP -> new Remasking.Remdm(Remasking.Remdm.Kind.CAP, strength.orElse(0.1));
            case REMDM_RESCALE -> new Remasking.Remdm(Remasking.Remdm.Kind.RESCALE, strength.orElse(0.1));
            case REMDM_CONF -> new Remasking.Remdm(Remasking.Remdm.Kind.CONFIDENCE, strength.orElse(1.0));
            case EDIT ->
                    new Remasking.Editing(
                            strength.orElse(Remasking.Editing.PUBLISHED.threshold()),
                            Remasking.Editing.PUBLISHED.extraPasses());
        };
    }

    private static Again again(String name) {
        for (Again again : Again.values()) {
            if (again.toString().equalsIgnoreCase(name.replace('_', '-'))) {
                return again;
            }
        }
        String known = Arrays.stream(Again.values()).map(Again::toString).collect(Collectors.joining(", "));
        throw new InputException("--remasking: found " + name + ", expected one of " + known);
    }

    private Caching caching(Caching usual) {
        if (cacheRefresh.isPresent() && !cache.equals(Optional.of("delayed"))) {
            throw new InputException("--cache-refresh: found without --cache delayed, to which it belongs");
        }
        if (cache.isEmpty()) {
            return usual;
        }
        return switch (cache.get()) {
            case "none" -> Caching.NONE;
            case "prefix" -> Caching.PREFIX;
            case "dual" -> Caching.DUAL;
            case "exact" -> Caching.EXACT;
            case "delayed" -> new Caching.Delayed(cacheRefresh.orElse(8));
            default ->
                    throw new InputException(
                            "--cache: found " + cache.get() + ", expected one of none, prefix, dual, delayed, exact");
        };
    }

    private Guidance guidance(Guidance usual) {
        if (!guidanceInterval.isEmpty() && guidanceInterval.size() != 2) {
            throw new InputException(
                    "--guidance-interval: found "
                            + guidanceInterval.size()
                            + " numbers, expected two, for example 0.3,1");
        }
        double from = guidanceInterval.isEmpty() ? usual.from() : guidanceInterval.get(0);
        double to = guidanceInterval.isEmpty() ? usual.to() : guidanceInterval.get(1);
        return new Guidance(guidance.orElse(usual.scale()), from, to);
    }

    private Stop stop(Set<Integer> ends) {
        if (noEnd && (endLast || stopAtEnd)) {
            throw new InputException("--no-end: found beside --end-last or --stop-at-end, which then have no meaning");
        }
        if (!endLast && !stopAtEnd) {
            return Stop.FIXED_LENGTH;
        }
        return new Stop(required(ends, endLast ? "--end-last" : "--stop-at-end"), stopAtEnd, endLast ? Stop.Treatment.LAST : Stop.Treatment.AS_OTHERS);
    }

    /** The settings where a text may end with any of these tokens. */
    SamplerSettings settings(LanguageModel model, Set<Integer> ends) {
        SamplerSettings settings = settings(filters(noEnd ? required(ends, "--no-end") : Set.of()), ends);
        boolean blocks = model.config().network().blockLength() > 0;
        return blocks && cache.isEmpty() && sampler.isEmpty() ? settings.withCaching(Caching.EXACT) : settings;
    }

    /** The settings of a sampling without a tokenizer, of so many passes if nobody says how many. */
    SamplerSettings benchmarked(int usualSteps) {
        if (steps.isEmpty() && counts().isEmpty() && sampler.isEmpty() && !ancestral()) {
            steps = Optional.of(usualSteps);
        }
        return settings(filters(Set.of()), Set.of());
    }

    private SamplerSettings settings(LogitFilters filters, Set<Integer> ends) {
        SamplerSettings preset = preset();
        Order chosen = ancestral() ? Order.RANDOM : order.map(Order::of).orElse(preset.order());
        return preset.withRemasking(Remasking.NONE)
                .withOrder(orderTemperature.map(chosen::randomized).orElse(chosen))
                .withCount(count(preset.count()))
                .withRemasking(remasking(preset.remasking()))
                .withBlocks(blockLength.map(Blocks::of).orElse(preset.blocks()))
                .withGuidance(guidance(preset.guidance()))
                .withStop(stop(ends))
                .withCaching(caching(preset.caching()))
                .withScope(batchGlobal ? SelectionScope.BATCH : SelectionScope.SEQUENCE)
                .withFilters(filters)
                .withSeed(seed);
    }
}
