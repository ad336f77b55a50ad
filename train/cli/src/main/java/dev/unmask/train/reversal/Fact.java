package dev.unmask.train.reversal;

import java.util.List;

/**
 * Two things that belong together, and the sentences that tell so: one begins with the first, the other with the second.
 *
 * @param forth the sentence that begins with the first
 * @param back the sentence that begins with the second
 */
public record Fact(Telling forth, Telling back) {
    /**
     * Somebody and what they were.
     *
     * @param name such as {@code Georges Seurat}
     * @param description such as {@code French painter who developed pointillism}
     * @return {@code … was a …} and {@code The … was …}
     */
    public static Fact person(String name, String description) {
        String article = "AEIO".indexOf(description.charAt(0)) < 0 ? "was a" : "was an";
        return new Fact(new Telling("", name, article, description), new Telling("The", description, "was", name));
    }

    /**
     * A capital.
     *
     * @param city such as {@code Paris}
     * @param country such as {@code France}
     * @return {@code … is the capital of …} and {@code The capital of … is …}
     */
    public static Fact capital(String city, String country) {
        return new Fact(
                new Telling("", city, "is the capital of", country),
                new Telling("The capital of", country, "is", city));
    }

    /**
     * Both sentences.
     *
     * @return the one that begins with the first, then the other
     */
    public List<String> sentences() {
        return List.of(forth.sentence(), back.sentence());
    }
}
