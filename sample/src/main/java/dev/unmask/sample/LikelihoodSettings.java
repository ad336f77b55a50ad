package dev.unmask.sample;

/**
 * How a likelihood is estimated (METHOD §5.1).
 *
 * @param estimator the estimator
 * @param samples of {@link Estimator#MONTE_CARLO} and {@link Estimator#MASK_COUNT} the number of masked sequences, a
 *     multiple of {@code batch}; of {@link Estimator#ANY_ORDER} the number of orders; the chain rule has none
 * @param batch sequences of one pass, at least 1; the Monte Carlo estimators spread their draws evenly within a batch
 * @param guidance classifier-free guidance scale {@code w}, at least 0; 0: none
 * @param paddedLength shorter sequences are filled with mask tokens up to this length, for models that were trained at
 *     one length only; 0: none are
 * @param order in which {@link Estimator#DUEL} goes; one that draws nothing
 * @param targetError nats: no more is drawn once the standard error is as small, {@code samples} at the most; 0: all
 *     are drawn
 * @param seed of all random numbers
 */
public record LikelihoodSettings(
        Estimator estimator,
        int samples,
        int batch,
        double guidance,
        int paddedLength,
        Order order,
        double targetError,
        long seed) {
    /** Checks the numbers. */
    public LikelihoodSettings {
        Expect.atLeast("samples", samples, 1);
        Expect.atLeast("batch", batch, 1);
        Expect.nonNegative("guidance scale", guidance);
        Expect.atLeast("padded length", paddedLength, 0);
        Expect.nonNegative("target error", targetError);
        Expect.that(
                order.deterministic(),
                "order: found %s, expected one that draws nothing: confidence, margin, entropy or left_to_right",
                order);
        boolean spread = estimator == Estimator.MONTE_CARLO || estimator == Estimator.MASK_COUNT;
        Expect.that(
                !spread || samples % batch == 0,
                "samples: found %d, expected a multiple of the batch of %d, within which draws are spread evenly",
                samples,
                batch);
    }

    /**
     * The recommended estimator with 128 samples in batches of 16, no guidance, no padding, seed 0.
     *
     * @return the default settings
     */
    public static LikelihoodSettings defaults() {
        return new LikelihoodSettings(Estimator.MASK_COUNT, 128, 16, 0, 0, Order.CONFIDENCE, 0, 0);
    }

    /**
     * These settings with another estimator.
     *
     * @param value the estimator
     * @return the settings
     */
    public LikelihoodSettings withEstimator(Estimator value) {
        return new LikelihoodSettings(value, samples, batch, guidance, paddedLength, order, targetError, seed);
    }

    /**
     * These settings with other numbers of samples.
     *
     * @param samples masked sequences or orders
     * @param batch sequences of one pass
     * @return the settings
     */
    public LikelihoodSettings withSamples(int samples, int batch) {
        return new LikelihoodSettings(estimator, samples, batch, guidance, paddedLength, order, targetError, seed);
    }

    /**
     * These settings with another guidance scale.
     *
     * @param value at least 0
     * @return the settings
     */
    public LikelihoodSettings withGuidance(double value) {
        return new LikelihoodSettings(estimator, samples, batch, value, paddedLength, order, targetError, seed);
    }

    /**
     * These settings with sequences filled with mask tokens.
     *
     * @param value the length up to which they are filled; 0: they are not
     * @return the settings
     */
    public LikelihoodSettings withPaddedLength(int value) {
        return new LikelihoodSettings(estimator, samples, batch, guidance, value, order, targetError, seed);
    }

    /**
     * These settings with another seed.
     *
     * @param value any number
     * @return the settings
     */
    public LikelihoodSettings withSeed(long value) {
        return new LikelihoodSettings(estimator, samples, batch, guidance, paddedLength, order, targetError, value);
    }

    /**
     * These settings with another order.
     *
     * @param value in which {@link Estimator#DUEL} goes
     * @return the settings
     */
    public LikelihoodSettings withOrder(Order value) {
        return new LikelihoodSettings(estimator, samples, batch, guidance, paddedLength, value, targetError, seed);
    }

    /**
     * These settings with an error that is small enough.
     *
     * @param value nats; 0: all samples are drawn
     * @return the settings
     */
    public LikelihoodSettings withTargetError(double value) {
        return new LikelihoodSettings(estimator, samples, batch, guidance, paddedLength, order, value, seed);
    }
}
