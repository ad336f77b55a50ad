package dev.unmask.sample;

import dev.unmask.tensor.InputException;

import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * Rules of sampling as somebody asks for them by name, on a command line or in a request. What nobody asks for is as in
 * the settings with a name, or else as usual.
 */
public final class SamplerOptions {
    static final String ANCESTRAL = "ancestral";
    static final double MOST_TEMPERATURE = 100;
    static final double MOST_STRENGTH = 1000;

    /** A day. */
    static final double MOST_SECONDS = 86_400;

    /** Each of them says how many tokens a pass places. */
    private static final List<SamplerOption> COUNTS =
            List.of(
                    SamplerOption.SCHEDULE,
                    SamplerOption.THRESHOLD,
                    SamplerOption.FACTOR,
                    SamplerOption.ENTROPY_BUDGET,
                    SamplerOption.SECONDS);

    private final Map<SamplerOption, Object> values = new EnumMap<>(SamplerOption.class);
    private final Function<SamplerOption, String> naming;

    /** What was asked for cannot be had. */
    public static final class RefusedException extends InputException {
        private static final long serialVersionUID = 1L;

        /** The option that is wrong. */
        private final SamplerOption option;

        RefusedException(SamplerOption option, String message) {
            super(message);
            this.option = option;
        }

        /**
         * What is wrong.
         *
         * @return the option
         */
        public SamplerOption option() {
            return option;
        }
    }

    /** Options that messages call by their labels. */
    public SamplerOptions() {
        this(SamplerOption::label);
    }

    /**
     * Options.
     *
     * @param naming what messages call them
     */
    public SamplerOptions(Function<SamplerOption, String> naming) {
        this.naming = naming;
    }

    /**
     * Asks for something.
     *
     * @param option what
     * @param value of a word any way to write it, of a number an {@link Integer} or a {@link Double}, of an interval a
     *     list of two numbers; empty: nobody asks
     * @return these options
     * @throws RefusedException if the option cannot be that
     */
    public SamplerOptions with(SamplerOption option, Optional<?> value) {
        value.ifPresent(given -> values.put(option, checked(option, given)));
        return this;
    }

    /**
     * What is asked for.
     *
     * @return a copy
     */
    public Set<SamplerOption> given() {
        return values.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(values.keySet()));
    }

    /**
     * Whether anything asked for decides how many passes there are.
     *
     * @return whether there are steps, a rule of how many tokens a pass places, or settings with a name
     */
    public boolean decidesPasses() {
        return ancestral()
                || values.containsKey(SamplerOption.STEPS)
                || values.containsKey(SamplerOption.SAMPLER)
                || COUNTS.stream().anyMatch(values::containsKey);
    }

    private Object checked(SamplerOption option, Object value) {
        return switch (option.kind()) {
            case WORD -> word(option, (String) value);
            case WHOLE -> {
                within(option, ((Number) value).longValue());
                yield value;
            }
            case NUMBER -> {
                within(option, ((Number) value).doubleValue());
                yield ((Number) value).doubleValue();
            }
            case INTERVAL -> {
                List<?> ends = (List<?>) value;
                if (ends.size() != 2) {
                    throw refused(option, "found " + ends.size() + " numbers, expected two, for example 0.3,1");
                }
                ends.forEach(end -> within(option, ((Number) end).doubleValue()));
                yield ends;
            }
        };
    }

    private String word(SamplerOption option, String value) {
        String word = value.toLowerCase(Locale.ROOT).replace('-', '_');
        if (!option.words().contains(word)) {
            throw refused(option, "found " + value + ", expected one of " + String.join(", ", option.words()));
        }
        return word;
    }

    private void within(SamplerOption option, double value) {
        // What is no number is not within either.
        if (!(value >= option.least() && value <= option.most())) {
            throw refused(
                    option,
                    "found " + plain(value) + ", expected " + plain(option.least()) + " to " + plain(option.most()));
        }
    }

    private static String plain(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString((long) number)
                : Double.toString(number);
    }

    private RefusedException refused(SamplerOption option, String why) {
        return new RefusedException(option, naming.apply(option) + ": " + why);
    }

    private Optional<String> word(SamplerOption option) {
        return Optional.ofNullable((String) values.get(option));
    }

    private Optional<Double> number(SamplerOption option) {
        return Optional.ofNullable((Number) values.get(option)).map(Number::doubleValue);
    }

    private Optional<Integer> whole(SamplerOption option) {
        return Optional.ofNullable((Number) values.get(option)).map(Number::intValue);
    }

    /**
     * Puts the rules together.
     *
     * @param usual what nobody's asking means, where no settings with a name are asked for
     * @return the settings
     * @throws RefusedException if two options do not go together
     * @throws InputException if two rules do not
     */
    public SamplerSettings settings(SamplerSettings usual) {
        SamplerSettings preset =
                word(SamplerOption.SAMPLER).map(SamplerPreset::of).map(SamplerPreset::settings).orElse(usual);
        Order order =
                word(SamplerOption.ORDER)
                        .map(name -> ancestral() ? Order.RANDOM : Order.of(name))
                        .orElse(preset.order());
        return preset.withRemasking(Remasking.NONE)
                .withOrder(number(SamplerOption.ORDER_TEMPERATURE).map(order::randomized).orElse(order))
                .withCount(count(preset.count()))
                .withRemasking(remasking(preset.remasking()))
                .withBlocks(whole(SamplerOption.BLOCK_LENGTH).map(Blocks::of).orElse(preset.blocks()))
                .withGuidance(guidance(preset.guidance()))
                .withCaching(caching(preset.caching()))
                .withFilters(filters(preset.filters()));
    }

    /**
     * What is done with logits before a token is chosen: all of the options that has a meaning for autoregressive
     * models.
     *
     * @param usual what nobody's asking means
     * @return the filters, with the usual banned tokens
     */
    public LogitFilters filters(LogitFilters usual) {
        return new LogitFilters(
                number(SamplerOption.TEMPERATURE).orElse(usual.temperature()),
                whole(SamplerOption.TOP_K).orElse(usual.topK()),
                number(SamplerOption.TOP_P).orElse(usual.topP()),
                number(SamplerOption.REPETITION_PENALTY).orElse(usual.repetitionPenalty()),
                usual.banned());
    }

    private boolean ancestral() {
        return word(SamplerOption.ORDER).filter(ANCESTRAL::equals).isPresent();
    }

    /** The rules of which there is one at the most, but for a threshold beside an even split. */
    private List<SamplerOption> counts() {
        List<SamplerOption> found = COUNTS.stream().filter(values::containsKey).toList();
        if (ancestral() && !found.isEmpty()) {
            throw refused(
                    found.getFirst(),
                    "found one beside "
                            + naming.apply(SamplerOption.ORDER)
                            + " ancestral, which draws how many tokens a pass fills; go without "
                            + naming.apply(found.getFirst())
                            + ", or choose the order random");
        }
        if (found.size() > 1 && !waiting(found)) {
            throw refused(
                    found.get(1),
                    "found beside " + naming.apply(found.getFirst()) + ", expected one of them at the most");
        }
        if (values.containsKey(SamplerOption.SECONDS) && values.containsKey(SamplerOption.STEPS)) {
            throw refused(
                    SamplerOption.STEPS,
                    "found beside "
                            + naming.apply(SamplerOption.SECONDS)
                            + ", which decides how many passes there are");
        }
        return found;
    }

    private boolean waiting(List<SamplerOption> found) {
        return found.equals(List.of(SamplerOption.SCHEDULE, SamplerOption.THRESHOLD))
                && word(SamplerOption.SCHEDULE).filter("even"::equals).isPresent();
    }

    private Count count(Count usual) {
        List<SamplerOption> found = counts();
        OptionalInt open = OptionalInt.empty();
        Count count;
        if (ancestral()) {
            count = new Count.Ancestral(open, Count.Smdm.EPSILON);
        } else if (found.isEmpty()) {
            count = usual;
        } else if (waiting(found)) {
            count = new ConfidentCount.EvenThreshold(number(SamplerOption.THRESHOLD).orElseThrow(), open);
        } else {
            count = count(found.getFirst());
        }
        return whole(SamplerOption.STEPS).map(count::withSteps).orElse(count);
    }

    private Count count(SamplerOption rule) {
        OptionalInt open = OptionalInt.empty();
        if (rule == SamplerOption.SCHEDULE) {
            return switch (word(rule).orElseThrow()) {
                case "even" -> Count.oneByOne();
                case "smdm" -> new Count.Smdm(open, Count.Smdm.EPSILON);
                case "cosine" -> new Count.Cosine(open);
                default -> new Count.Ancestral(open, Count.Smdm.EPSILON);
            };
        }
        double value = number(rule).orElseThrow();
        return switch (rule) {
            case THRESHOLD -> new ConfidentCount.Threshold(value, open);
            case FACTOR -> new ConfidentCount.Factor(value, open);
            case ENTROPY_BUDGET -> new ConfidentCount.EntropyBudget(value, open);
            default -> new Count.TimeBudget(value);
        };
    }

    private Remasking remasking(Remasking usual) {
        Optional<Double> strength = number(SamplerOption.REMASKING_STRENGTH);
        if (word(SamplerOption.REMASKING).isEmpty()) {
            if (strength.isPresent()) {
                throw refused(
                        SamplerOption.REMASKING_STRENGTH,
                        "found without " + naming.apply(SamplerOption.REMASKING) + ", whose strength it is");
            }
            return usual;
        }
        return switch (word(SamplerOption.REMASKING).get()) {
            case "p2" -> new Remasking.PathPlanning(strength.orElse(1.0));
            case "remdm_cap" -> new Remasking.Remdm(Remasking.Remdm.Kind.CAP, strength.orElse(0.1));
            case "remdm_rescale" -> new Remasking.Remdm(Remasking.Remdm.Kind.RESCALE, strength.orElse(0.1));
            case "remdm_conf" -> new Remasking.Remdm(Remasking.Remdm.Kind.CONFIDENCE, strength.orElse(1.0));
            case "edit" ->
                    new Remasking.Editing(
                            strength.orElse(Remasking.Editing.PUBLISHED.threshold()),
                            Remasking.Editing.PUBLISHED.extraPasses());
            default -> Remasking.NONE;
        };
    }

    private Guidance guidance(Guidance usual) {
        List<?> interval =
                (List<?>) values.getOrDefault(SamplerOption.GUIDANCE_INTERVAL, List.of(usual.from(), usual.to()));
        double[] ends = interval.stream().mapToDouble(end -> ((Number) end).doubleValue()).toArray();
        return new Guidance(number(SamplerOption.GUIDANCE).orElse(usual.scale()), ends[0], ends[1]);
    }

    private Caching caching(Caching usual) {
        Optional<Caching> named = word(SamplerOption.CACHE).map(Caching::of);
        Optional<Integer> refresh = whole(SamplerOption.CACHE_REFRESH);
        boolean delayed = named.filter(caching -> caching instanceof Caching.Delayed).isPresent();
        if (refresh.isPresent() && !delayed) {
            throw refused(
                    SamplerOption.CACHE_REFRESH,
                    "found without " + naming.apply(SamplerOption.CACHE) + " delayed, to which it belongs");
        }
        return delayed ? new Caching.Delayed(refresh.orElse(Caching.Delayed.REFRESH)) : named.orElse(usual);
    }
}
