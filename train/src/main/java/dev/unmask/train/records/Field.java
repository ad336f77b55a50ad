package dev.unmask.train.records;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * A column as a model knows it: a few choices, of which a record has one. Words are choices themselves; numbers and
 * dates fall into bins of about equally many, a frequent number into one of its own.
 *
 * @param name of the column
 * @param kind what its values are
 * @param choices of words, or of each bin the value in its middle
 * @param lowest of each bin, ascending; none for words
 * @param highest of each bin; none for words
 */
public record Field(
        @JsonProperty("name") String name,
        @JsonProperty("kind") Kind kind,
        @JsonProperty("choices") List<String> choices,
        @JsonProperty("lowest") List<Double> lowest,
        @JsonProperty("highest") List<Double> highest) {
    /** Values that are seen once tell nothing. */
    private static final int LEAST = 2;

    private static final int MOST_WORDS = 1000;
    private static final int BINS = 32;

    /** Numbers of which there are no more than this are words: codes, years, counts. */
    private static final int FEW = 12;

    private static final double MOSTLY = 0.95;
    private static final double HALF = 0.5;

    /** What the values of a column are. */
    public enum Kind {
        /** One of some words. */
        @JsonProperty("words")
        WORDS,
        /** Numbers. */
        @JsonProperty("numbers")
        NUMBERS,
        /** Dates as ISO 8601 writes them, {@code 2026-11-26}. */
        @JsonProperty("dates")
        DATES
    }

    /** Keeps the lists as they are. */
    public Field {
        choices = List.copyOf(choices);
        lowest = List.copyOf(lowest);
        highest = List.copyOf(highest);
    }

    /**
     * Looks at the values of a column.
     *
     * @param name of the column
     * @param values of all records that are learnt, without those that are missing
     * @return the field; it has no choices where hardly a value comes twice, as in free text
     */
    public static Field of(String name, List<String> values) {
        Map<String, Integer> counts = new HashMap<>();
        values.forEach(value -> counts.merge(value, 1, Integer::sum));
        for (Kind kind : new Kind[] {Kind.NUMBERS, Kind.DATES}) {
            long read = values.stream().filter(value -> number(kind, value).isPresent()).count();
            if (read > 0 && read >= MOSTLY * values.size() && counts.size() > FEW) {
                return bins(name, kind, counts);
            }
        }
        List<String> words =
                counts.entrySet().stream()
                        .filter(word -> word.getValue() >= LEAST)
                        .sorted(
                                Map.Entry.<String, Integer>comparingByValue()
                                        .reversed()
                                        .thenComparing(Map.Entry::getKey))
                        .limit(MOST_WORDS)
                        .map(Map.Entry::getKey)
                        .toList();
        long known = words.stream().mapToLong(counts::get).sum();
        boolean freeText = known < HALF * values.size();
        return new Field(name, Kind.WORDS, freeText ? List.of() : words, List.of(), List.of());
    }

    /** A value and how it is written. */
    private record Written(String text, int count) {}

    private static Field bins(String name, Kind kind, Map<String, Integer> counts) {
        TreeMap<Double, Written> numbers = new TreeMap<>();
        counts.forEach((text, count) ->
                number(kind, text)
                        .ifPresent(number ->
                                numbers.merge(
                                        number,
                                        new Written(text, count),
                                        (a, b) -> new Written(a.text, a.count + b.count))));
        double full = numbers.values().stream().mapToInt(Written::count).sum() / (double) BINS;
        List<String> middles = new ArrayList<>();
        List<Double> lowest = new ArrayList<>();
        List<Double> highest = new ArrayList<>();
        List<Written> bin = new ArrayList<>();
        List<Double> inBin = new ArrayList<>();
        int held = 0;
        for (Map.Entry<Double, Written> next : numbers.entrySet()) {
            // What is frequent has a bin of its own.
            if (!bin.isEmpty() && (held >= full || next.getValue().count >= full)) {
                middles.add(middle(bin));
                lowest.add(inBin.getFirst());
                highest.add(inBin.getLast());
                bin.clear();
                inBin.clear();
                held = 0;
            }
            bin.add(next.getValue());
            inBin.add(next.getKey());
            held += next.getValue().count;
        }
        middles.add(middle(bin));
        lowest.add(inBin.getFirst());
        highest.add(inBin.getLast());
        return new Field(name, kind, middles, lowest, highest);
    }

    /** The median of what is in a bin, as it is written in the table. */
    private static String middle(List<Written> bin) {
        double half = HALF * bin.stream().mapToInt(Written::count).sum();
        int held = 0;
        for (Written value : bin) {
            held += value.count;
            if (held >= half) {
                return value.text;
            }
        }
        throw new IllegalArgumentException("bin: found no values, expected at least one");
    }

    private static OptionalDouble number(Kind kind, String text) {
        try {
            double number =
                    kind == Kind.DATES ? LocalDate.parse(text.strip()).toEpochDay() : Double.parseDouble(text.strip());
            return Double.isFinite(number) ? OptionalDouble.of(number) : OptionalDouble.empty();
        } catch (NumberFormatException | DateTimeException e) {
            return OptionalDouble.empty();
        }
    }

    /**
     * Whether its values have an order and a distance.
     *
     * @return whether they are numbers or dates
     */
    @JsonIgnore
    public boolean isOrdered() {
        return kind != Kind.WORDS;
    }

    /**
     * A value as a number.
     *
     * @param value as the table has it
     * @return the number, or the days since 1970 of a date; empty if it is none
     */
    public OptionalDouble number(String value) {
        return isOrdered() ? number(kind, value) : OptionalDouble.empty();
    }

    /**
     * How many tokens it takes: one for each choice, and one for what is none of them.
     *
     * @return at least 1
     */
    public int size() {
        return choices.size() + 1;
    }

    /**
     * Which choice a value is.
     *
     * @param value as the table has it
     * @return its number; that of the last is {@link #size} - 1: a word that was not learnt, a number outside of those
     *     that were
     */
    public int choice(String value) {
        if (!isOrdered()) {
            int word = choices.indexOf(value);
            return word < 0 ? choices.size() : word;
        }
        OptionalDouble number = number(kind, value);
        if (number.isEmpty() || number.getAsDouble() < lowest.getFirst()) {
            return choices.size();
        }
        int bin = 0;
        while (bin < highest.size() && number.getAsDouble() > highest.get(bin)) {
            bin++;
        }
        return bin;
    }

    /**
     * The best single choice: of words the likeliest, of numbers the median.
     *
     * @param probabilities of each choice
     * @return its number, if there is a choice
     */
    public OptionalInt best(double[] probabilities) {
        double all = Arrays.stream(probabilities, 0, choices.size()).sum();
        double held = 0;
        int best = -1;
        for (int i = 0; i < choices.size(); i++) {
            held += probabilities[i];
            if (isOrdered()) {
                if (held >= HALF * all) {
                    return OptionalInt.of(i);
                }
            } else if (best < 0 || probabilities[i] > probabilities[best]) {
                best = i;
            }
        }
        return best < 0 ? OptionalInt.empty() : OptionalInt.of(best);
    }
}
