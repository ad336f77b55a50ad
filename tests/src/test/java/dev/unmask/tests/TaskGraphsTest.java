package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.BackendProvider.Availability.Available;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.Trainer;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Task graphs of many kernels compute what task graphs of one kernel do, to the bit. */
class TaskGraphsTest {
    private static final String GRAPHS_AFTER = "unmask.tornado.graphs.after";
    private static final int STEPS = 4;

    private BackendProvider tornado;

    /** What programs of several shapes left behind, which took turns. */
    private record Outcome(List<Double> losses, List<int[]> tokens, Map<String, float[]> parameters) {
        static Outcome of(Backend backend, Shape large) {
            Trainer masked =
                    SmallRun.trainer(backend, SmallRun.model(backend, false), SmallRun.settings(STEPS, 4, 2, 19, 0));
            Trainer causal =
                    SmallRun.trainer(backend, SmallRun.model(backend, true), SmallRun.settings(STEPS, 3, 3, 11, 0));
            MaskedSampler sampler = new MaskedSampler(backend, RandomModel.masked(backend));
            Outcome outcome = new Outcome(new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>());
            for (int step = 0; step < STEPS; step++) {
                outcome.losses.add(masked.next().loss());
                outcome.losses.add(causal.next().loss());
                sampler.sample(blanks(12 + 3 * step), SamplerSettings.defaults().withSteps(5))
                        .forEach(sample -> outcome.tokens.add(sample.ids()));
                if (step == STEPS / 2) {
                    Tensor grown = backend.allocate("a tensor that makes the memory grow", DType.F32, large);
                    assertEquals(0, grown.floats()[grown.floats().length - 1]);
                }
            }
            masked.model().parameters().forEach((name, tensor) -> outcome.parameters.put(name, tensor.floats()));
            causal.model()
                    .parameters()
                    .forEach((name, tensor) -> outcome.parameters.put("causal " + name, tensor.floats()));
            return outcome;
        }

        private static List<MaskedSequence> blanks(int length) {
            return List.of(
                    MaskedSequence.continuing(new int[] {3, 14}, length, RandomModel.VOCABULARY, 0),
                    MaskedSequence.continuing(new int[] {1}, length, RandomModel.VOCABULARY, 1));
        }
    }

    @BeforeEach
    void findTornado() {
        Optional<BackendProvider> found =
                Backends.providers().stream()
                        .filter(provider -> provider.name().equals("tornado"))
                        .filter(provider -> provider.probe() instanceof Available)
                        .findFirst();
        Assumptions.assumeTrue(found.isPresent(), "there is no tornado backend");
        tornado = found.orElseThrow();
    }

    @AfterEach
    void clear() {
        System.clearProperty(GRAPHS_AFTER);
    }

    private Outcome outcome(String graphsAfter, Shape large) {
        System.setProperty(GRAPHS_AFTER, graphsAfter);
        try (Backend backend = BackendsUnderTest.open(tornado)) {
            return Outcome.of(backend, large);
        }
    }

    @Test
    void programsThatTakeTurnsAndGrowGiveTheSameBits() {
        Outcome apart = outcome("never", Shape.of(1 << 23));
        // The second backend takes over the memory of the first, so that it takes more to make it grow.
        Outcome together = outcome("1", Shape.of(1 << 26));
        assertEquals(apart.losses, together.losses);
        for (int i = 0; i < apart.tokens.size(); i++) {
            assertArrayEquals(apart.tokens.get(i), together.tokens.get(i), "sample " + i);
        }
        assertEquals(apart.parameters.keySet(), together.parameters.keySet());
        apart.parameters.forEach((name, values) -> assertArrayEquals(values, together.parameters.get(name), name));
    }
}
