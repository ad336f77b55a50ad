package dev.unmask.train.reversal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.List;

/** BLEU against the values that NLTK documents. */
class BleuTest {
    private static final List<List<String>> REFERENCES =
            List.of(
                    words("It is a guide to action that ensures that the military will forever heed Party commands"),
                    words("It is the guiding principle which guarantees the military forces always being under the"
                            + " command of the Party"),
                    words("It is the practical guide for the army always to heed the directions of the party"));

    private static List<String> words(String text) {
        return List.of(text.split(" "));
    }

    @Test
    void agreesWithTheExampleOfNltk() {
        List<String> found =
                words("It is a guide to action which ensures that the military always obeys the commands of the party");
        assertEquals(0.5045666840058485, Bleu.of(REFERENCES, found), 1e-12);
    }

    @Test
    void isNothingWhereNoRunOfFourIsRight() {
        List<String> found =
                words("It is to insure the troops forever hearing the activity guidebook that party direct");
        assertEquals(0, Bleu.of(REFERENCES, found));
        assertEquals(0, Bleu.of(REFERENCES, List.of()));
    }

    @Test
    void whatIsTooShortCountsLess() {
        assertEquals(1, Bleu.ofCharacters("the composer", "the composer"), 1e-12);
        assertEquals(Math.exp(1 - 12.0 / 8), Bleu.ofCharacters("the composer", "the comp"), 1e-12);
    }
}
