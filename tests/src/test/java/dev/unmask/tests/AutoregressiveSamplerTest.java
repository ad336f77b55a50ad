package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.model.Transformer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingListener;
import dev.unmask.sample.SamplingStep;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;

@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class AutoregressiveSamplerTest {
    private static final Prompt SHORT = new Prompt(new int[] {3}, 0);
    private static final Prompt MIDDLE = new Prompt(new int[] {14, 15, 9, 2, 6}, 1);
    private static final Prompt LONG =
            new Prompt(new int[] {5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8}, 2);

    private final Backend backend;
    private final Transformer model;
    private final AutoregressiveSampler sampler;

    AutoregressiveSamplerTest(Backend backend) {
        this.backend = backend;
        model = RandomModel.causal(backend);
        sampler = new AutoregressiveSampler(backend, model);
    }

    /** The whole sequence goes through the model for each token; what follows the last token cannot be seen by it. */
    private int[] withoutCache(Prompt prompt, AutoregressiveSettings settings) {
        PlainSampler plain = new PlainSampler(backend, model, settings.length());
        SamplerSettings choice =
                SamplerSettings.defaults().withTemperature(settings.temperature()).withSeed(settings.seed());
        int[] ids = Arrays.copyOf(prompt.ids(), settings.length());
        for (int length = prompt.ids().length; length < settings.length(); length++) {
            long key = (long) prompt.stream() * RandomModel.MAX_LENGTH + length;
            double[][] rows = plain.logits(ids);
            PlainSampler.ban(rows, settings.bannedTokens());
            ids[length] = PlainSampler.choose(rows[length - 1], choice, 0, key);
        }
        return ids;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void theCacheChangesNothing(double temperature) {
        AutoregressiveSettings settings = AutoregressiveSettings.ofLength(33).withTemperature(temperature).withSeed(-3);
        for (Prompt prompt : List.of(SHORT, MIDDLE, LONG)) {
            assertArrayEquals(
                    withoutCache(prompt, settings), sampler.sample(List.of(prompt), settings).getFirst().ids());
        }
    }

    @Test
    void promptsOfDifferentLengthsDoNotDisturbEachOther() {
        AutoregressiveSettings settings = AutoregressiveSettings.ofLength(40);
        List<Sample> together = sampler.sample(List.of(SHORT, LONG, MIDDLE), settings);
        assertArrayEquals(sampler.sample(List.of(SHORT), settings).getFirst().ids(), together.get(0).ids());
        assertArrayEquals(sampler.sample(List.of(LONG), settings).getFirst().ids(), together.get(1).ids());
        assertArrayEquals(sampler.sample(List.of(MIDDLE), settings).getFirst().ids(), together.get(2).ids());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void bannedTokensAreNeverChosen(double temperature) {
        AutoregressiveSettings free = AutoregressiveSettings.ofLength(33).withTemperature(temperature);
        for (Prompt prompt : List.of(SHORT, LONG)) {
            int[] tempting = sampler.sample(List.of(prompt), free).getFirst().ids();
            AutoregressiveSettings banning = free.withBannedTokens(Set.of(tempting[20], tempting[32]));
            int[] ids = sampler.sample(List.of(prompt), banning).getFirst().ids();
            assertArrayEquals(withoutCache(prompt, banning), ids);
            assertFalse(Arrays.stream(ids).skip(prompt.ids().length).anyMatch(banning.bannedTokens()::contains));
            assertArrayEquals(tempting, sampler.sample(List.of(prompt), free).getFirst().ids());
        }
    }

    @Test
    void aBannedEndTokenEndsNothing() {
        AutoregressiveSettings settings = AutoregressiveSettings.ofLength(40);
        int end = sampler.sample(List.of(MIDDLE), settings).getFirst().ids()[20];
        AutoregressiveSettings endless = settings.withEndToken(end).withBannedTokens(Set.of(end));
        assertEquals(40, sampler.sample(List.of(MIDDLE), endless).getFirst().ids().length);
    }

    @Test
    void aSequenceStopsAtTheEndTokenWhileOthersGoOn() {
        AutoregressiveSettings settings = AutoregressiveSettings.ofLength(40);
        int[] free = sampler.sample(List.of(MIDDLE), settings).getFirst().ids();
        int end = free[20];
        int stop = 5;
        while (free[stop] != end) {
            stop++;
        }
        List<Sample> ended = sampler.sample(List.of(MIDDLE, LONG), settings.withEndToken(end));
        assertArrayEquals(Arrays.copyOf(free, stop + 1), ended.getFirst().ids());
        assertEquals(stop + 1 - 5, ended.getFirst().evaluations());
    }

    @Test
    void aListenerSeesTheSequenceGrowTokenByToken() {
        List<Integer> lengths = new ArrayList<>();
        Sample sample =
                sampler.sample(
                                List.of(MIDDLE),
                                AutoregressiveSettings.ofLength(9),
                                step -> lengths.add(step.sequences().getFirst().ids().length))
                        .getFirst();
        assertEquals(List.of(6, 7, 8, 9), lengths);
        assertEquals(4, sample.evaluations());
    }

    @Test
    void writingCanBeCancelledBeforeAnyToken() {
        for (int most = 0; most < 4; most++) {
            int enough = most;
            List<Integer> steps = new ArrayList<>();
            SamplingListener impatient =
                    new SamplingListener() {
                        @Override
                        public void onStep(SamplingStep step) {
                            steps.add(step.index());
                        }

                        @Override
                        public boolean cancelled() {
                            return steps.size() >= enough;
                        }
                    };
            assertThrows(
                    CancellationException.class,
                    () -> sampler.sample(List.of(MIDDLE), AutoregressiveSettings.ofLength(9), impatient));
            assertEquals(enough, steps.size());
        }
    }

    @Test
    void aPromptThatFillsTheLengthIsReturnedAsItIs() {
        Sample sample = sampler.sample(List.of(MIDDLE), AutoregressiveSettings.ofLength(5)).getFirst();
        assertArrayEquals(MIDDLE.ids(), sample.ids());
        assertEquals(0, sample.evaluations());
    }

    @Test
    void seedAndStreamDecideTheSample() {
        AutoregressiveSettings settings = AutoregressiveSettings.ofLength(40);
        int[] first = sampler.sample(List.of(SHORT), settings).getFirst().ids();
        assertArrayEquals(first, sampler.sample(List.of(SHORT), settings).getFirst().ids());
        assertFalse(Arrays.equals(first, sampler.sample(List.of(SHORT), settings.withSeed(1)).getFirst().ids()));
        assertFalse(
                Arrays.equals(first, sampler.sample(List.of(new Prompt(SHORT.ids(), 7)), settings).getFirst().ids()));
    }

    @Test
    void whatDoesNotFitTheModelIsRefused() {
        refused("length: found 97 positions, expected at most the model's 96 (block_size)", SHORT, 97);
        refused("length: found 4, expected at least the 5 tokens of the prompt", MIDDLE, 4);
        refused("prompt: found token id 23 at position 0, expected 0 to 22", new Prompt(new int[] {23}, 0), 8);
        AutoregressiveSettings banning = AutoregressiveSettings.ofLength(8).withBannedTokens(Set.of(23));
        assertEquals(
                "banned tokens: found token id 23, expected 0 to 22, those that the model can choose",
                assertThrows(InputException.class, () -> sampler.sample(List.of(SHORT), banning)).getMessage());
        assertThrows(InputException.class, () -> new AutoregressiveSampler(backend, RandomModel.masked(backend)));
    }

    private void refused(String sentence, Prompt prompt, int length) {
        assertEquals(
                sentence,
                assertThrows(
                                InputException.class,
                                () -> sampler.sample(List.of(prompt), AutoregressiveSettings.ofLength(length)))
                        .getMessage());
    }
}
