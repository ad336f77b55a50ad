package dev.unmask.train.data;

/**
 * The loss of a model that knows how often each token occurs and nothing else: the yardstick that a model has to beat
 * to have learnt anything about order.
 */
public final class UnigramEntropy {
    private static final int STRIDE = 1 << 14;

    private UnigramEntropy() {}

    /**
     * The entropy of the tokens of a file, {@code -Σ p·ln p}.
     *
     * @param data all of it is read
     * @return nats a token; 0 if there is no token
     */
    public static double of(PackedTokens data) {
        long[] counts = new long[data.vocabulary()];
        int[] ids = new int[STRIDE];
        for (long first = 0; first < data.tokens(); first += STRIDE) {
            int length = (int) Math.min(STRIDE, data.tokens() - first);
            data.read(first, length, ids, 0);
            for (int i = 0; i < length; i++) {
                counts[ids[i]]++;
            }
        }
        double entropy = 0;
        for (long count : counts) {
            if (count > 0) {
                double p = (double) count / data.tokens();
                entropy -= p * Math.log(p);
            }
        }
        return entropy;
    }
}
