package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Optional;

class MathAnswerTest {
    @Test
    void theAnswerStandsAfterTheLastMarkOnTheLastLine() {
        assertEquals(Optional.of("84"), MathAnswer.find("7 boxes hold 84 pencils.\n#### 84"));
        assertEquals(Optional.of("84"), MathAnswer.find("#### 12\nno:\n#### 84\n"));
        assertEquals(Optional.empty(), MathAnswer.find("#### 84\nand more"));
        assertEquals(Optional.empty(), MathAnswer.find("####84"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "84 | 84",
                "84.0 | 84",
                "84. | 84",
                "1,450 | 1450",
                "1,450.50 | 1450.5",
                "-3 | -3.00",
                "$18 | 18",
                "\\$18.00 | 18",
                "7*12=84 | 84",
                "x = 84 dollars | 84",
                "84 pencils=84 km | 84",
                "1/2 | 0.5",
                "\\frac{1}{2} | .5",
                "\\frac12 | 1/2",
                "-3/6 | -0.5",
                "\\boxed{84} | 84",
                "\\text{blue} | blue",
                "$x+1$ | x+1",
                "a box | box",
                "50\\% | 50%",
            })
    void answersAreTheSame(String found, String right) {
        assertTrue(MathAnswer.equal(found, right), MathAnswer.normalised(found) + " " + MathAnswer.normalised(right));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"`` | 84", "84 | 48", "1/3 | 0.333", "1/0 | 1/00", "84 pencils | 84", "1,45 | 145.5", "x | y"})
    void answersDiffer(String found, String right) {
        assertFalse(MathAnswer.equal(found, right));
    }
}
