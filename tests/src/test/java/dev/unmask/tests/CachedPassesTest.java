package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.sample.Blocks;
import dev.unmask.sample.Caching;
import dev.unmask.sample.Guidance;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What caches keep, by some thousand passes, which the reference backend takes too long for. */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#openFound")
class CachedPassesTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/hf");

    private final Backend backend;

    CachedPassesTest(Backend backend) {
        this.backend = backend;
    }

    private Transformer model(String family) throws IOException {
        return ModelFolder.open(FOLDER.resolve(family)).load(backend, Weights.Use.INFERENCE);
    }

    /** Cached passes that compute everything change nothing; in a batch of unlike texts each keeps what is its own. */
    @ParameterizedTest
    @ValueSource(strings = {"llada", "dream"})
    void whatACacheHoldsIsWhatAPassWouldCompute(String family) throws IOException {
        MaskedSampler sampler = new MaskedSampler(backend, model(family));
        int mask = sampler.denoiser().maskToken();
        List<MaskedSequence> batch =
                List.of(
                        MaskedSequence.continuing(new int[] {67, 123, 146}, 24, mask, 0),
                        MaskedSequence.continuing(new int[] {5}, 41, mask, 1));
        for (double guidance : new double[] {0, 1}) {
            SamplerSettings settings =
                    SamplerSettings.defaults()
                            .withBlocks(Blocks.of(8))
                            .withTemperature(0.5)
                            .withGuidance(new Guidance(guidance, 0.3, 1));
            List<Sample> plain = sampler.sample(batch, settings);
            List<Sample> renewed = sampler.sample(batch, settings.withCaching(new Caching.Delayed(1)));
            for (int i = 0; i < batch.size(); i++) {
                assertArrayEquals(plain.get(i).ids(), renewed.get(i).ids());
            }
            for (Caching caching : List.of(Caching.PREFIX, Caching.DUAL, new Caching.Delayed(4))) {
                List<Sample> together = sampler.sample(batch, settings.withCaching(caching));
                for (int i = 0; i < batch.size(); i++) {
                    Sample alone = sampler.sample(List.of(batch.get(i)), settings.withCaching(caching)).getFirst();
                    assertArrayEquals(alone.ids(), together.get(i).ids(), caching.toString());
                    assertEquals(alone.evaluations(), together.get(i).evaluations());
                }
            }
        }
    }
}
