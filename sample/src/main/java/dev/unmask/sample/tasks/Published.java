package dev.unmask.sample.tasks;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

/** How the published results of masked diffusion models were measured (METHOD §5.4). */
final class Published {
    private static final int SAMPLES = 1024;
    private static final int BATCH = 16;
    private static final long SEED = 1234;

    private Published() {}

    static LikelihoodSettings settings(Estimator estimator, double guidance) {
        return LikelihoodSettings.defaults()
                .withEstimator(estimator)
                .withSamples(SAMPLES, BATCH)
                .withGuidance(guidance)
                .withSeed(SEED);
    }
}
