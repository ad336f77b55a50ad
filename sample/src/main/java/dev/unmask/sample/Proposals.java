package dev.unmask.sample;

/**
 * What a model proposes at the positions it was asked about, one entry for each. Scores are those of the distribution
 * {@code p} after guidance and the filters of logits, without noise and without temperature.
 */
public interface Proposals {
    /**
     * The proposed tokens.
     *
     * @return token ids
     */
    int[] tokens();

    /**
     * How probable the proposed tokens are.
     *
     * @return {@code ln p[token]}
     */
    float[] logConfidence();

    /**
     * How far the most probable tokens lead.
     *
     * @return the largest {@code p} less the second largest
     */
    float[] margin();

    /**
     * How spread the distributions are.
     *
     * @return {@code -Σ p ln p}, nats
     */
    float[] entropy();
}
