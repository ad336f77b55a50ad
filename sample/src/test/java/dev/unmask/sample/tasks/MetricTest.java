package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

class MetricTest {
    private static final Example CHOICE =
            new Example.MultipleChoice("Question: Q\nAnswer:", List.of("no", "perhaps", "yes 😀"), 1);
    private static final Example WORD = new Example.Completion("the cat sat on the", " mat");

    private static Outcome outcome(boolean greedy, double... logLikelihoods) {
        return new Outcome(
                DoubleStream.of(logLikelihoods)
                        .mapToObj(value -> new Outcome.Score(value, OptionalDouble.of(0), greedy))
                        .toList(),
                "",
                false);
    }

    @Test
    void accuracyTakesTheLikeliestAnswerAndTheFirstAmongEquals() {
        assertEquals(1, Metric.ACC.of(CHOICE, outcome(false, -3, -2, -2.5)));
        assertEquals(0, Metric.ACC.of(CHOICE, outcome(false, -1, -2, -3)));
        assertEquals(0, Metric.ACC.of(CHOICE, outcome(false, -2, -2, -3)));
        assertEquals(1, Metric.ACC.of(CHOICE, outcome(false, -3, -2, -2)));
    }

    @Test
    void normalisedAccuracyDividesByCharacters() {
        // A character is a code point: 2, 7 and 5 of them.
        assertEquals(1, Metric.ACC_NORM.of(CHOICE, outcome(false, -2, -6.9, -5)));
        assertEquals(0, Metric.ACC_NORM.of(CHOICE, outcome(false, -2, -7.1, -5)));
        Example empty = new Example.MultipleChoice("Q", List.of("", "word"), 1);
        assertEquals(1, Metric.ACC_NORM.of(empty, outcome(false, -0.1, -9)));
    }

    @Test
    void accuracyOfACompletionIsThatOfGreedyDecoding() {
        assertEquals(1, Metric.ACC.of(WORD, outcome(true, -9)));
        assertEquals(0, Metric.ACC.of(WORD, outcome(false, -0.1)));
        assertEquals(-9, Metric.PERPLEXITY.of(WORD, outcome(true, -9)));
    }

    @Test
    void generatedAnswersMatchAsNumbers() {
        Example problem = new Example.Generation("Question: 7 * 12?\nAnswer:", "7 * 12?", "84");
        assertEquals(1, Metric.EXACT_MATCH.of(problem, new Outcome(List.of(), "so it is\n#### 84.0", false)));
        assertEquals(0, Metric.EXACT_MATCH.of(problem, new Outcome(List.of(), "it is 84", false)));
    }

    @Test
    void theErrorOfAShareIsThatOfItsSample() {
        Metric.Measurement measured = Metric.ACC.over(new double[] {1, 0, 0, 1, 1});
        assertEquals(0.6, measured.value(), 1e-15);
        // Squares of deviations sum to 3 · 0.16 + 2 · 0.36 = 1.2; √(1.2 / 4 / 5).
        assertEquals(Math.sqrt(0.06), measured.standardError().orElseThrow(), 1e-15);
        assertEquals(OptionalDouble.empty(), Metric.ACC.over(new double[] {1}).standardError());
    }

    @Test
    void perplexityIsOfWordsAndItsErrorOfResamples() {
        double[] values = new double[1000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 2 == 0 ? -1 : -3;
        }
        Metric.Measurement measured = Metric.PERPLEXITY.over(values);
        assertEquals(Math.exp(2), measured.value(), 1e-12);
        // Of many documents the resamples' spread is that of the first order: e^2 times the mean's error, 1 / √1000.
        double expected = Math.exp(2) / Math.sqrt(1000);
        assertEquals(expected, measured.standardError().orElseThrow(), 0.02 * expected);
        assertEquals(measured, Metric.PERPLEXITY.over(values));
    }
}
