package dev.unmask.train.data;

import java.util.ArrayList;
import java.util.List;

/**
 * A synset of WordNet: words that share a meaning, and what they mean.
 *
 * @param lexname the lexicographer file it is from, such as {@code noun.animal}
 * @param lemmas the words, at least one, with spaces
 * @param gloss the definition, then examples in quotes
 */
public record WordNetEntry(String lexname, List<String> lemmas, String gloss) {
    private static final String[] LEXNAMES = {
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
        "adj.ppl"
    };

    /** Keeps the words as they are. */
    public WordNetEntry {
        lemmas = List.copyOf(lemmas);
    }

    /**
     * The names of all lexicographer files, by number (lexnames(5WN)).
     *
     * @return 45 names
     */
    public static List<String> lexnames() {
        return List.of(LEXNAMES);
    }

    /**
     * Reads a line of a data file (wndb(5WN)): offset, file number, type, words in hexadecimal, words, pointers, gloss.
     */
    static WordNetEntry parse(String line) {
        int bar = line.indexOf(" | ");
        String[] fields = line.substring(0, bar).split(" ");
        List<String> lemmas = new ArrayList<>();
        int words = Integer.parseInt(fields[3], 16);
        for (int i = 0; i < words; i++) {
            // An adjective says in brackets where it stands: before a noun (a), after a verb (p), after a noun (ip).
            lemmas.add(fields[4 + 2 * i].replaceFirst("\\((?:a|p|ip)\\)$", "").replace('_', ' '));
        }
        return new WordNetEntry(LEXNAMES[Integer.parseInt(fields[1])], lemmas, line.substring(bar + 3).strip());
    }

    /**
     * The gloss without its examples.
     *
     * @return the text before the first example
     */
    public String definition() {
        int example = gloss.indexOf("; \"");
        return example < 0 ? gloss : gloss.substring(0, example);
    }

    /**
     * As a line of a dictionary.
     *
     * @return {@code lemma, lemma: definition; "example"}
     */
    public String line() {
        return String.join(", ", lemmas) + ": " + gloss;
    }
}
