package dev.unmask.train.reversal;

import dev.unmask.train.data.WordNetDefinitions;
import dev.unmask.train.data.WordNetEntry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** True facts out of WordNet in which each side names the other, so that both ways round have one answer. */
public final class WordNetFacts {
    /** Plain words, which a tokenizer of words takes whole. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z]+(?: [A-Za-z]+)*");

    /** {@code French painter who developed pointillism (1859-1891)}. */
    private static final Pattern PERSON = Pattern.compile("([A-Z][A-Za-z ]+) \\(\\d{4}-\\d{4}\\).*");

    private static final String CAPITAL_OF = "capital of ";

    private WordNetFacts() {}

    private record Pair(String first, String second) {}

    /**
     * People and what they were, with descriptions of a few words.
     *
     * @return the facts, in WordNet's order
     * @throws IOException if WordNet is not there
     */
    public static List<Fact> people() throws IOException {
        return facts("noun.person", WordNetFacts::person, pair -> Fact.person(pair.first, pair.second));
    }

    /**
     * Cities that WordNet calls the capital of something.
     *
     * @return the facts, in WordNet's order
     * @throws IOException if WordNet is not there
     */
    public static List<Fact> capitals() throws IOException {
        return facts("noun.location", WordNetFacts::capital, pair -> Fact.capital(pair.first, pair.second));
    }

    private static List<Fact> facts(
            String slice, Function<WordNetEntry, Optional<Pair>> reader, Function<Pair, Fact> teller)
            throws IOException {
        List<Pair> pairs;
        try (Stream<WordNetEntry> entries = WordNetDefinitions.of(slice).entries()) {
            pairs = entries.map(reader).flatMap(Optional::stream).toList();
        }
        Map<String, Integer> firsts = new HashMap<>();
        Map<String, Integer> seconds = new HashMap<>();
        pairs.forEach(pair -> {
            firsts.merge(pair.first, 1, Integer::sum);
            seconds.merge(pair.second, 1, Integer::sum);
        });
        List<Fact> facts = new ArrayList<>();
        for (Pair pair : pairs) {
            if (firsts.get(pair.first) == 1 && seconds.get(pair.second) == 1) {
                facts.add(teller.apply(pair));
            }
        }
        return facts;
    }

    private static Optional<Pair> person(WordNetEntry entry) {
        Matcher described = PERSON.matcher(entry.definition());
        if (!described.matches() || outside(words(described.group(1)), 4, 7)) {
            return Optional.empty();
        }
        // "Seurat", "Georges Seurat", "Georges Pierre Seurat": the first that is neither bare nor long.
        return entry.lemmas().stream()
                .filter(name -> PLAIN.matcher(name).matches() && !outside(words(name), 2, 3))
                .findFirst()
                .map(name -> new Pair(name, described.group(1)));
    }

    private static Optional<Pair> capital(WordNetEntry entry) {
        Optional<String> country =
                entry.lemmas().stream()
                        .filter(lemma -> lemma.startsWith(CAPITAL_OF))
                        .map(lemma -> lemma.substring(CAPITAL_OF.length()))
                        .max(Comparator.comparingInt(String::length));
        return country.filter(of -> PLAIN.matcher(of).matches() && PLAIN.matcher(entry.lemmas().getFirst()).matches())
                // Neither "Norwegian capital" nor Guatemala City, which tells of what it is the capital.
                .filter(of -> !entry.lemmas().getFirst().contains("capital") && !entry.lemmas().getFirst().contains(of))
                .map(of -> new Pair(entry.lemmas().getFirst(), of));
    }

    private static int words(String text) {
        return text.split(" ").length;
    }

    private static boolean outside(int count, int least, int most) {
        return count < least || count > most;
    }
}
