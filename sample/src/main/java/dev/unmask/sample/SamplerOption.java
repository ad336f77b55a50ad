package dev.unmask.sample;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A rule of sampling, or a number of one, that flags and requests name; {@link SamplerOptions} puts them together. */
public enum SamplerOption {
    /** Settings with a name, which the other options change: a {@link SamplerPreset}. */
    SAMPLER(Arrays.stream(SamplerPreset.values()).map(SamplerPreset::label).toList()),
    /** Which masked places come first; {@code ancestral} is {@code random} with the schedule of that name. */
    ORDER(Stream.concat(Order.all().stream().map(Order::label), Stream.of(SamplerOptions.ANCESTRAL)).toList()),
    /** The order is drawn, the more evenly the higher. */
    ORDER_TEMPERATURE(0, SamplerOptions.MOST_TEMPERATURE),
    /** Passes of the model at the most. */
    STEPS(1, Count.MOST_STEPS, true),
    /** How tokens are shared among passes. */
    SCHEDULE(List.of("even", "smdm", "cosine", SamplerOptions.ANCESTRAL)),
    /**
     * Instead of a schedule: a pass places what the model gives so much; beside {@code even} no more than it allows.
     */
    THRESHOLD(0, 1),
    /** Instead of a schedule: the factor rule of Fast-dLLM. */
    FACTOR(0, SamplerOptions.MOST_TEMPERATURE),
    /** Instead of a schedule: nats of entropy that a pass may place. */
    ENTROPY_BUDGET(0, SamplerOptions.MOST_TEMPERATURE),
    /** Instead of a schedule: as many passes as fit into so many seconds. */
    SECONDS(1e-3, SamplerOptions.MOST_SECONDS),
    /** What becomes of tokens placed before. */
    REMASKING(List.of("none", "p2", "remdm_cap", "remdm_rescale", "remdm_conf", "edit")),
    /** How strong that is. */
    REMASKING_STRENGTH(0, SamplerOptions.MOST_STRENGTH),
    /** So many places after so many, from left to right. */
    BLOCK_LENGTH(1, Integer.MAX_VALUE, true),
    /** Which keys and values of earlier passes are kept: a {@link Caching}. */
    CACHE(Caching.NAMES),
    /** With the cache {@code delayed}: everything is computed every so many passes. */
    CACHE_REFRESH(1, Count.MOST_STEPS, true),
    /** Scale of classifier-free guidance by what is given. */
    GUIDANCE(0, SamplerOptions.MOST_STRENGTH),
    /** Two shares of masked places between which there is guidance. */
    GUIDANCE_INTERVAL(Kind.INTERVAL, List.of(), 0, 1),
    /** 0: the likeliest token; 1: as the model believes. */
    TEMPERATURE(0, SamplerOptions.MOST_TEMPERATURE),
    /** Only the so many likeliest tokens; 0: all. */
    TOP_K(0, Integer.MAX_VALUE, true),
    /** Only the likeliest tokens that have so much probability together. */
    TOP_P(0, 1),
    /** Logits of tokens that stand in the text already are divided by it. */
    REPETITION_PENALTY(1e-3, 1e3);

    /** What a value is. */
    public enum Kind {
        /** One of {@link SamplerOption#words}. */
        WORD,
        /** A whole number. */
        WHOLE,
        /** A number. */
        NUMBER,
        /** Two numbers, the smaller first. */
        INTERVAL
    }

    private final Kind kind;
    private final List<String> words;
    private final double least;
    private final double most;

    SamplerOption(List<String> words) {
        this(Kind.WORD, words, 0, 0);
    }

    SamplerOption(double least, double most) {
        this(Kind.NUMBER, List.of(), least, most);
    }

    SamplerOption(double least, double most, boolean whole) {
        this(whole ? Kind.WHOLE : Kind.NUMBER, List.of(), least, most);
    }

    SamplerOption(Kind kind, List<String> words, double least, double most) {
        this.kind = kind;
        this.words = words;
        this.least = least;
        this.most = most;
    }

    /**
     * What requests call it; flags have a dash where this has an underscore.
     *
     * @return a lower-case word
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * What its value is.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * The words that it can be.
     *
     * @return none, unless it is a {@link Kind#WORD}
     */
    public List<String> words() {
        return words;
    }

    /**
     * The least number that it can be.
     *
     * @return a bound; 0 of words
     */
    public double least() {
        return least;
    }

    /**
     * The largest number that it can be.
     *
     * @return a bound; 0 of words
     */
    public double most() {
        return most;
    }

    /**
     * Finds an option.
     *
     * @param name with underscores or dashes
     * @return the option, if there is one of that name
     */
    public static Optional<SamplerOption> named(String name) {
        String wanted = name.toLowerCase(Locale.ROOT).replace('-', '_');
        return Arrays.stream(values()).filter(option -> option.label().equals(wanted)).findFirst();
    }
}
