package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Python 3 says of the same texts. */
class PythonTextTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "the CAT, The cat",
                "ß, Ss",
                "ﬁsh, Fish",
                "ŉ, ʼN",
                "\u0390, \u0399\u0308\u0301",
                "ᾲ, Ὰ\u0345",
                "ǆ, ǅ",
                "İSTANBUL, İstanbul",
                "aİ, Ai\u0307",
                "aΟΔΟΣ, Aοδος",
                "aΟΔΟΣ', Aοδος'",
                "aΟΣΟ, Aοσο",
                "a Σ, A σ",
                "a7Σ, A7σ",
                "a.Σ, A.ς",
                "Σ, Σ",
                "😀A, 😀a"
            })
    void textsAreCapitalized(String text, String capitalized) {
        assertEquals(capitalized, PythonText.capitalize(text));
    }
}
