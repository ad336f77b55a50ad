package dev.unmask.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How surprising texts are to a model: negative log-likelihoods of all their tokens, each text in pieces of which each
 * is scored after what stands before it.
 *
 * @param tokens tokens scored
 * @param bytes of the texts scored, in UTF-8
 * @param logLikelihood of all of them, nats
 * @param standardError of it, nats; empty if a piece could not tell
 * @param evaluations NFE
 */
public record Perplexity(
        long tokens, long bytes, double logLikelihood, OptionalDouble standardError, long evaluations) {
    /** Scores a target after a prefix. */
    @FunctionalInterface
    public interface Scorer {
        /**
         * A log-likelihood.
         *
         * @param prefix token ids, possibly none
         * @param target token ids, at least one
         * @return its estimate
         */
        LikelihoodEstimate score(int[] prefix, int[] target);
    }

    /**
     * A text to be scored.
     *
     * @param ids its tokens
     * @param bytes its length in UTF-8
     */
    public record Text(int[] ids, long bytes) {}

    /**
     * Measures texts.
     *
     * @param texts at least one token among them
     * @param window tokens that the model sees at once, prefix included, at least 1
     * @param stride tokens scored at once, at most the window; the rest of the window is what stands before
     * @param unscored first tokens of each text that are only what stands before: 1 for an autoregressive model, which
     *     cannot say how likely a first token is, else 0
     * @param scorer the model
     * @return the result
     * @throws dev.unmask.tensor.InputException if a number does not fit, or nothing is left to be scored
     */
    public static Perplexity of(List<Text> texts, int window, int stride, int unscored, Scorer scorer) {
        return of(texts, window, stride, unscored, scorer, Cancellation.NEVER);
    }

    /**
     * As {@link #of(List, int, int, int, Scorer)}, and can be ended between pieces; within one where the scorer looks.
     *
     * @param texts at least one token among them
     * @param window tokens that the model sees at once, prefix included, at least 1
     * @param stride tokens scored at once, at most the window
     * @param unscored first tokens of each text that are only what stands before
     * @param scorer the model
     * @param cancellation is asked before each piece
     * @return the result
     * @throws dev.unmask.tensor.InputException as there
     * @throws java.util.concurrent.CancellationException if the cancellation says so
     */
    public static Perplexity of(
            List<Text> texts, int window, int stride, int unscored, Scorer scorer, Cancellation cancellation) {
        Expect.atLeast("window", window, 1 + unscored);
        Expect.atLeast("stride", stride, 1);
        Expect.that(
                stride <= window - unscored,
                "stride: found %d, expected at most the %d tokens of a window",
                stride,
                window - unscored);
        long tokens = 0;
        long bytes = 0;
        long evaluations = 0;
        double sum = 0;
        double variance = 0;
        boolean known = true;
        for (Text text : texts) {
            if (text.ids.length <= unscored) {
                continue;
            }
            bytes += text.bytes;
            for (int[] piece : pieces(text.ids.length, window, stride, unscored)) {
                int[] prefix = Arrays.copyOfRange(text.ids, piece[0], piece[1]);
                int[] target = Arrays.copyOfRange(text.ids, piece[1], piece[2]);
                cancellation.check("measuring a perplexity");
                LikelihoodEstimate found = scorer.score(prefix, target);
                tokens += target.length;
                sum += found.logLikelihood();
                evaluations += found.evaluations();
                known &= found.standardError().isPresent();
                variance += Math.pow(found.standardError().orElse(0), 2);
            }
        }
        Expect.that(tokens > 0, "texts: found no token to be scored, expected at least one");
        return new Perplexity(
                tokens,
                bytes,
                sum,
                known ? OptionalDouble.of(Math.sqrt(variance)) : OptionalDouble.empty(),
                evaluations);
    }

    /** Of each piece where what stands before it begins, where it begins, and where it ends. */
    private static List<int[]> pieces(int length, int window, int stride, int unscored) {
        List<int[]> pieces = new ArrayList<>();
        // The first piece has nothing before it, so it takes the whole window.
        for (int from = unscored; from < length; ) {
            int to = Math.min(length, from == unscored ? window : from + stride);
            pieces.add(new int[] {Math.max(0, to - window), from, to});
            from = to;
        }
        return pieces;
    }

    /**
     * Nats a token.
     *
     * @return the loss
     */
    public double loss() {
        return -logLikelihood / tokens;
    }

    /**
     * The perplexity.
     *
     * @return {@code e} to the power of the loss
     */
    public double perplexity() {
        return Math.exp(loss());
    }

    /**
     * What does not depend on the tokenizer.
     *
     * @return bits a byte
     */
    public double bitsPerByte() {
        return -logLikelihood / Math.log(2) / bytes;
    }
}
