package dev.unmask.sample.tasks;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** What is measured, by the harness's definitions: first of each document, then over all. */
public enum Metric {
    /** Share of documents whose right answer is the likeliest; of completions, the share that greedy decoding finds. */
    ACC,
    /** As {@link #ACC}, with log-likelihoods divided by the answers' lengths in characters. */
    ACC_NORM,
    /** {@code e^-mean} of the completions' log-likelihoods: of whole words, not of tokens. */
    PERPLEXITY,
    /** Share of generated answers that equal the right one. */
    EXACT_MATCH;

    /** Resamples of the standard error of a perplexity, the harness's number. */
    private static final int RESAMPLES = 100_000;

    /**
     * A metric over all documents of a task.
     *
     * @param metric which
     * @param value its value
     * @param standardError over documents; empty if a single one cannot tell
     */
    public record Measurement(Metric metric, double value, OptionalDouble standardError) {}

    /**
     * What the harness calls it.
     *
     * @return a lower-case word
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The value of one document.
     *
     * @param example what was asked, of a kind that has this metric
     * @param outcome what the model said
     * @return 0 or 1, or of {@link #PERPLEXITY} the log-likelihood, nats
     */
    double of(Example example, Outcome outcome) {
        return switch (this) {
            case ACC ->
                    example instanceof Example.MultipleChoice choice
                            ? share(best(outcome.logLikelihoods()) == choice.gold())
                            : share(outcome.scores().getFirst().greedy());
            case ACC_NORM -> {
                Example.MultipleChoice choice = (Example.MultipleChoice) example;
                double[] normalised = outcome.logLikelihoods();
                List<Integer> lengths = choice.lengths();
                for (int i = 0; i < normalised.length; i++) {
                    normalised[i] /= lengths.get(i);
                }
                yield share(best(normalised) == choice.gold());
            }
            case PERPLEXITY -> outcome.scores().getFirst().logLikelihood();
            case EXACT_MATCH ->
                    share(
                            MathAnswer.equal(
                                    MathAnswer.find(outcome.text()).orElse(""),
                                    ((Example.Generation) example).answer()));
        };
    }

    private static double share(boolean right) {
        return right ? 1 : 0;
    }

    /** The first of the largest. */
    private static int best(double[] values) {
        return IntStream.range(0, values.length).reduce(0, (best, i) -> values[i] > values[best] ? i : best);
    }

    /**
     * The metric over all documents, with the harness's standard error: of a mean that of the sample, of a perplexity
     * that of 100,000 bootstrap resamples.
     *
     * @param values of the documents, at least one
     * @return the measurement
     */
    Measurement over(double[] values) {
        double mean = mean(values);
        if (values.length == 1) {
            return new Measurement(this, aggregate(mean), OptionalDouble.empty());
        }
        double error = this == PERPLEXITY ? deviation(resampled(values)) : deviation(values) / Math.sqrt(values.length);
        return new Measurement(this, aggregate(mean), OptionalDouble.of(error));
    }

    private double aggregate(double mean) {
        return this == PERPLEXITY ? Math.exp(-mean) : mean;
    }

    private double[] resampled(double[] values) {
        SplittableRandom random = new SplittableRandom(values.length);
        double[] aggregates = new double[RESAMPLES];
        for (int i = 0; i < aggregates.length; i++) {
            double sum = 0;
            for (int j = 0; j < values.length; j++) {
                sum += values[random.nextInt(values.length)];
            }
            aggregates[i] = aggregate(sum / values.length);
        }
        return aggregates;
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** Standard deviation of the sample. */
    private static double deviation(double[] values) {
        double mean = mean(values);
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return Math.sqrt(squares / (values.length - 1));
    }
}
