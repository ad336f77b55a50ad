package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.sample.Blocks;
import dev.unmask.sample.Caching;
import dev.unmask.sample.Denoiser;
import dev.unmask.sample.Guidance;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Order;
import dev.unmask.sample.Remasking;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.BitSet;
import java.util.List;

/**
 * A model whose tokens see their own block and those before it writes the same texts with its exact cache as without.
 */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class ExactCacheTest {
    private static final int MASK = RandomModel.VOCABULARY;

    private final Backend backend;

    ExactCacheTest(Backend backend) {
        this.backend = backend;
    }

    /** Prompts that end within blocks, at their ends, and texts with gaps in several blocks. */
    private static List<MaskedSequence> batch() {
        int[] gaps = new int[30];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = i % 7 == 3 || i > 12 && i < 16 ? MASK : i % 20;
        }
        return List.of(
                MaskedSequence.continuing(new int[] {3, 14, 15, 9, 2, 6}, 26, MASK, 0),
                MaskedSequence.continuing(new int[] {7, 7, 7, 1}, 33, MASK, 1),
                MaskedSequence.continuing(new int[] {11}, 19, MASK, 2),
                MaskedSequence.infilling(gaps, MASK, 3));
    }

    @ParameterizedTest
    @CsvSource({"4, false", "4, true", "5, false", "16, false"})
    void textsAreTheSame(int block, boolean shifted) {
        MaskedSampler sampler = new MaskedSampler(backend, RandomModel.ofBlocks(backend, block, shifted));
        SamplerSettings plain = SamplerSettings.defaults();
        for (SamplerSettings settings :
                List.of(
                        plain,
                        plain.withTemperature(1).withSteps(12),
                        plain.withGuidance(new Guidance(1.5, 0.3, 0.8)).withOrder(Order.ENTROPY),
                        plain.withRemasking(new Remasking.PathPlanning(1)).withSteps(40),
                        plain.withBlocks(Blocks.of(2 * block)),
                        plain.withBlocks(Blocks.of(3)))) {
            List<Sample> without = sampler.sample(batch(), settings);
            List<Sample> with = sampler.sample(batch(), settings.withCaching(Caching.EXACT));
            for (int i = 0; i < without.size(); i++) {
                assertArrayEquals(without.get(i).ids(), with.get(i).ids(), settings + " " + i);
                assertEquals(without.get(i).evaluations(), with.get(i).evaluations());
                Sample alone = sampler.sample(List.of(batch().get(i)), settings.withCaching(Caching.EXACT)).getFirst();
                assertArrayEquals(alone.ids(), with.get(i).ids(), "alone, " + settings + " " + i);
            }
        }
    }

    @Test
    void onlyTheBlockAndWhatHasChangedBeforeItIsComputed() {
        int[] ids = new int[32];
        int[] held = new int[32];
        for (int i = 0; i < 32; i++) {
            ids[i] = i < 12 ? i : MASK;
            held[i] = i < 8 ? i : i < 12 ? MASK : Caching.NOTHING;
        }
        Caching.Pass first = new Caching.Pass(ids, held, MASK, window(12, 16, true), true, 1, 4);
        assertEquals("{8, 9, 10, 11, 12, 13, 14, 15}", Caching.EXACT.fresh(first).toString());
        for (int i = 8; i < 16; i++) {
            held[i] = ids[i];
        }
        Caching.Pass second = new Caching.Pass(ids, held, MASK, window(12, 16, false), false, 2, 4);
        assertEquals("{12, 13, 14, 15}", Caching.EXACT.fresh(second).toString());
    }

    private static Denoiser.Window window(int from, int to, boolean fresh) {
        return new Denoiser.Window(from, to, fresh);
    }

    @Test
    void aModelWhosePositionsAllSeeEachOtherHasNoExactCache() {
        MaskedSampler sampler = new MaskedSampler(backend, RandomModel.masked(backend));
        SamplerSettings settings = SamplerSettings.defaults().withCaching(Caching.EXACT);
        String message = assertThrows(InputException.class, () -> sampler.sample(batch(), settings)).getMessage();
        assertTrue(message.startsWith("cache: found exact"), message);
    }

    /** What comes later is neither seen nor guessed at. */
    @Test
    void tokensBehindABlockDoNotChangeIt() {
        MaskedSampler sampler = new MaskedSampler(backend, RandomModel.ofBlocks(backend, 4, false));
        int[] one = {1, MASK, MASK, 2, 5, 6, 7, 8};
        int[] other = {1, MASK, MASK, 2, 9, 1, 3, 2};
        SamplerSettings settings = SamplerSettings.defaults();
        Sample a = sampler.sample(List.of(new MaskedSequence(one, new BitSet(), 0)), settings).getFirst();
        Sample b = sampler.sample(List.of(new MaskedSequence(other, new BitSet(), 0)), settings).getFirst();
        assertEquals(a.ids()[1], b.ids()[1]);
        assertEquals(a.ids()[2], b.ids()[2]);
        assertArrayEquals(a.logConfidence(), b.logConfidence());
    }
}
