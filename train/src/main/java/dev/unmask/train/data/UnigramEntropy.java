package dev.unmask.train.data;

import java.util.Arrays;

/**
 * The loss of a model that knows how often each token occurs and nothing else: the yardstick that a model has to beat
 * to have learnt anything about order.
 */
public final class UnigramEntropy {
    private UnigramEntropy() {}

    /**
     * The entropy of the tokens of a file, {@code -Σ p·ln p}.
     *
     * @param data all of it is read
     * @return nats a token; 0 if there is no token
     */
    public static double of(TokenText data) {
        long[] counts = new long[data.vocabulary()];
        data.count(counts);
        long all = Arrays.stream(counts).sum();
        double entropy = 0;
        for (long count : counts) {
            if (count > 0) {
                double p = (double) count / all;
                entropy -= p * Math.log(p);
            }
        }
        return entropy;
    }
}
