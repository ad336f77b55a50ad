package dev.unmask.sample.tasks;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What a model said to an example.
 *
 * @param scores of each continuation, in order; none of a generation
 * @param text what was generated; empty of the others
 * @param shortened whether a part of the context was left out because the model sees no more
 */
public record Outcome(List<Score> scores, String text, boolean shortened) {
    /**
     * What a model thinks of a continuation.
     *
     * @param logLikelihood {@code ln p(continuation | context)}, nats
     * @param standardError of the estimate, nats; empty if it cannot tell
     * @param greedy whether greedy decoding gives the continuation; false if nobody asked
     */
    public record Score(double logLikelihood, OptionalDouble standardError, boolean greedy) {}

    /** Takes a copy. */
    public Outcome {
        scores = List.copyOf(scores);
    }

    double[] logLikelihoods() {
        return scores.stream().mapToDouble(Score::logLikelihood).toArray();
    }
}
