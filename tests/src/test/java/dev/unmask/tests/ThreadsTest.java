package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.model.Transformer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Trainer;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The number of threads changes how fast a result comes, never a bit of it. */
class ThreadsTest {
    private static final int[] PROMPT = {116, 104, 101};

    private record Outcome(List<Double> losses, Map<String, float[]> weights, int[] ids, float[] confidence) {}

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneTwoAndThreeThreadsTrainAndSampleTheSameBits(boolean causal) {
        Outcome one = outcome(1, causal);
        for (int threads = 2; threads <= 3; threads++) {
            Outcome other = outcome(threads, causal);
            assertEquals(one.losses(), other.losses());
            one.weights().forEach((name, bits) -> assertArrayEquals(bits, other.weights().get(name), name));
            assertArrayEquals(one.ids(), other.ids());
            assertArrayEquals(one.confidence(), other.confidence());
        }
    }

    private static Outcome outcome(int threads, boolean causal) {
        try (Backend backend = SmallRun.cpu(threads)) {
            Transformer model = SmallRun.model(backend, causal);
            Trainer trainer = SmallRun.trainer(backend, model, SmallRun.settings(5, 16, 8, Lines.LENGTH - 1, 0.3));
            List<Double> losses = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                losses.add(trainer.next().loss());
            }
            Map<String, float[]> weights = new LinkedHashMap<>();
            model.parameters().forEach((name, tensor) -> weights.put(name, tensor.floats()));
            Sample sample = sample(backend, model);
            return new Outcome(losses, weights, sample.ids(), sample.logConfidence());
        }
    }

    private static Sample sample(Backend backend, Transformer model) {
        if (model.config().causal()) {
            return new AutoregressiveSampler(backend, model)
                    .sample(List.of(new Prompt(PROMPT, 0)), AutoregressiveSettings.ofLength(20))
                    .getFirst();
        }
        return new MaskedSampler(backend, model)
                .sample(
                        List.of(MaskedSequence.continuing(PROMPT, 20, model.config().maskToken(), 0)),
                        SamplerSettings.defaults().withSteps(6).withTemperature(1).withGuidance(0.5))
                .getFirst();
    }
}
