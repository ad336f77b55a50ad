package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.train.Trainer;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Training from one seed gives one loss curve, whatever the backend. */
class LossCurveTest {
    private static final int STEPS = 200;

    /** Float32 against float64, after so many updates that each depend on all before. */
    private static final double TOLERANCE = 1e-4;

    private static final Map<Boolean, double[]> EXPECTED = new ConcurrentHashMap<>();

    @TestFactory
    Stream<DynamicNode> everyBackendGivesTheLossCurveOfTheReference() {
        return BackendsUnderTest.eachProvider(provider ->
                Stream.of(false, true)
                        .map(causal ->
                                dynamicTest(causal ? "causal" : "bidirectional", () -> agrees(provider, causal))));
    }

    private static void agrees(BackendProvider provider, boolean causal) {
        double[] expected = EXPECTED.computeIfAbsent(causal, LossCurveTest::reference);
        try (Backend backend = BackendsUnderTest.open(provider)) {
            double[] found = losses(backend, causal);
            for (int step = 0; step < STEPS; step++) {
                assertEquals(expected[step], found[step], TOLERANCE * expected[step], "loss of step " + step);
            }
        }
    }

    private static double[] reference(boolean causal) {
        try (Backend reference = new ExactBackend()) {
            return losses(reference, causal);
        }
    }

    private static double[] losses(Backend backend, boolean causal) {
        ModelConfig config = ModelConfig.masked(2, 2, 32, 80, SmallRun.VOCABULARY).withCausal(causal);
        Trainer trainer =
                SmallRun.trainer(
                        backend, Initialization.of(backend, config, 1), SmallRun.settings(STEPS, 4, 2, 19, 0.3));
        double[] losses = new double[STEPS];
        Arrays.setAll(losses, step -> trainer.next().loss());
        return losses;
    }
}
