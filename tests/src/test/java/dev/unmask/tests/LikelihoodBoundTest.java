package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodEstimate;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Arrays;
import java.util.List;

/**
 * What only many draws can tell of estimates of the bound: not on the reference backend, which takes minutes for it.
 */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#openFound")
class LikelihoodBoundTest {
    private static final int[] PREFIX = {3, 14, 15};
    private static final int[] TARGET = {9, 2, 6, 5};
    private static final LikelihoodSettings SETTINGS = LikelihoodSettings.defaults();

    private final Backend backend;
    private final Transformer model;
    private final Likelihood likelihood;

    LikelihoodBoundTest(Backend backend) {
        this.backend = backend;
        model = RandomModel.masked(backend);
        likelihood = new Likelihood(backend, model);
    }

    @Test
    void estimatorsOfTheBoundAgreeInExpectation() {
        // A target that the model finds likely, since the spread of all estimates grows with its cross-entropy.
        MaskedSequence gap = MaskedSequence.continuing(PREFIX, 7, RandomModel.VOCABULARY, 0);
        Sample likely = new MaskedSampler(backend, model).sample(List.of(gap), SamplerSettings.defaults()).getFirst();
        int[] target = Arrays.copyOfRange(likely.ids(), PREFIX.length, 7);
        LikelihoodSettings settings = SETTINGS.withSamples(2048, 64);
        LikelihoodEstimate times =
                likelihood.estimate(
                        PREFIX, target, settings.withSamples(8192, 64).withEstimator(Estimator.MONTE_CARLO));
        LikelihoodEstimate counts = likelihood.estimate(PREFIX, target, settings);
        LikelihoodEstimate orders =
                likelihood.estimate(PREFIX, target, SETTINGS.withSamples(2048, 64).withEstimator(Estimator.ANY_ORDER));
        assertAgree(times, counts);
        assertAgree(counts, orders);
        assertAgree(orders, times);
    }

    private static void assertAgree(LikelihoodEstimate left, LikelihoodEstimate right) {
        double error = Math.hypot(left.standardError().orElseThrow(), right.standardError().orElseThrow());
        assertTrue(error < 0.25, "estimates too coarse to compare: " + error);
        assertEquals(left.logLikelihood(), right.logLikelihood(), 4 * error);
    }

    @Test
    void countingMasksVariesLessThanDrawingTimes() {
        double times =
                likelihood
                        .estimate(PREFIX, TARGET, SETTINGS.withSamples(1024, 16).withEstimator(Estimator.MONTE_CARLO))
                        .standardError()
                        .orElseThrow();
        double counts =
                likelihood.estimate(PREFIX, TARGET, SETTINGS.withSamples(1024, 16)).standardError().orElseThrow();
        assertTrue(counts < times, counts + " is not below " + times);
    }
}
