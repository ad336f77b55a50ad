package dev.unmask.train.reversal;

import java.io.IOException;
import java.nio.file.Path;

/** Where the prompts and completions of the reversal curse come from. */
public sealed interface ReversalSource {
    /**
     * What it is, for a table of settings.
     *
     * @return a few words
     */
    String description();

    /**
     * How tests ask, for a report.
     *
     * @return the end of a sentence
     */
    String wordings();

    /**
     * The set.
     *
     * @return what is read and what is asked
     * @throws IOException if it cannot be read
     */
    ReversalSet set() throws IOException;

    /**
     * The published files, or others in their format.
     *
     * @param location their folder
     */
    record Files(Path location) implements ReversalSource {
        @Override
        public String description() {
            return location.toString();
        }

        @Override
        public String wordings() {
            return "in wordings that were not read";
        }

        @Override
        public ReversalSet set() throws IOException {
            return ReversalSet.read(location);
        }
    }

    /**
     * The capitals that WordNet knows.
     *
     * @param oneWay how many are told with the city first only, and how many with the country first only
     */
    record Capitals(int oneWay) implements ReversalSource {
        @Override
        public String description() {
            return "capitals out of WordNet, twice " + oneWay + " told one way, the others both ways";
        }

        @Override
        public String wordings() {
            return "in the words in which others were told: names are cities, descriptions are what they are the"
                    + " capitals of";
        }

        @Override
        public ReversalSet set() throws IOException {
            return ReversalSet.capitals(WordNetFacts.capitals(), oneWay);
        }
    }

    /**
     * Invented people, whose names and descriptions share their parts.
     *
     * @param ofEach people of each of the three groups
     */
    record People(int ofEach) implements ReversalSource {
        @Override
        public String description() {
            return "invented, " + ofEach + " people of each group";
        }

        @Override
        public String wordings() {
            return "in wordings that were not read";
        }

        @Override
        public ReversalSet set() {
            return ReversalSet.invented(ofEach);
        }
    }
}
