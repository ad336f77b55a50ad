package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.Backend;
import dev.unmask.train.Trainer;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

import java.util.stream.Stream;

/** Training from one seed gives one loss curve, whatever the backend. */
class LossCurveTest {
    private static final int STEPS = 24;

    /** Float32 against float64, after so many updates that each depend on all before. */
    private static final double TOLERANCE = 1e-4;

    @TestFactory
    Stream<DynamicNode> everyBackendGivesTheLossCurveOfTheReference() {
        return BackendsUnderTest.each(backend ->
                Stream.of(false, true)
                        .map(causal ->
                                dynamicTest(causal ? "causal" : "bidirectional", () -> agrees(backend, causal))));
    }

    private static void agrees(Backend backend, boolean causal) {
        try (Backend reference = new ReferenceBackend()) {
            Trainer expected = trainer(reference, causal);
            Trainer found = trainer(backend, causal);
            for (int step = 0; step < STEPS; step++) {
                double loss = expected.next().loss();
                assertEquals(loss, found.next().loss(), TOLERANCE * loss, "loss of step " + step);
            }
        }
    }

    private static Trainer trainer(Backend backend, boolean causal) {
        return SmallRun.trainer(backend, SmallRun.model(backend, causal), SmallRun.settings(STEPS, 4, 2, 19, 0.3));
    }
}
