package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.sample.Count;
import dev.unmask.sample.LogitFilters;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Order;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingStep;
import dev.unmask.sample.SelectionScope;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class MaskedSamplerTest {
    private static final int MASK = RandomModel.VOCABULARY;
    private static final int[] PROMPT = {3, 14, 15, 9};
    private static final SamplerSettings SETTINGS = SamplerSettings.defaults().withSteps(6);
    private static final Count SMDM = new Count.Smdm(OptionalInt.empty(), Count.Smdm.EPSILON);

    /** The rules of METHOD §4 and what they are made of. */
    private enum Rule {
        ANCESTRAL,
        CONFIDENCE,
        MARGIN,
        ENTROPY;

        SamplerSettings of(SamplerSettings settings) {
            return this == ANCESTRAL
                    ? settings.withOrder(Order.RANDOM)
                            .withCount(new Count.Ancestral(settings.count().steps(), Count.Smdm.EPSILON))
                    : settings.withOrder(Order.of(name()));
        }
    }

    /** With fewer, as many and more steps than masks. */
    private static final List<Count> COUNTS =
            List.of(Count.oneByOne(), SMDM, SMDM.withSteps(24), SMDM.withSteps(5), Count.oneByOne().withSteps(5));

    private final Backend backend;
    private final Transformer model;
    private final MaskedSampler sampler;

    MaskedSamplerTest(Backend backend) {
        this.backend = backend;
        model = RandomModel.masked(backend);
        sampler = new MaskedSampler(backend, model);
    }

    private static MaskedSequence continuing(int length, int stream) {
        return MaskedSequence.continuing(PROMPT, length, MASK, stream);
    }

    private Sample sample(MaskedSequence sequence, SamplerSettings settings) {
        return sampler.sample(List.of(sequence), settings).getFirst();
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void everyRuleDoesWhatTheMethodSays(Rule rule) {
        MaskedSequence sequence = continuing(21, 2);
        PlainSampler plain = new PlainSampler(backend, model, 21);
        for (double temperature : new double[] {0, 0.7}) {
            for (double guidance : new double[] {0, 1.5}) {
                for (Count count : COUNTS) {
                    SamplerSettings settings =
                            rule.of(SETTINGS.withCount(count))
                                    .withTemperature(temperature)
                                    .withGuidance(guidance)
                                    .withSeed(1L << 40 | 7);
                    assertArrayEquals(
                            plain.sample(sequence, settings), sample(sequence, settings).ids(), settings.toString());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void theResultOfASequenceDoesNotDependOnItsBatch(Rule rule) {
        SamplerSettings settings = rule.of(SETTINGS).withTemperature(1).withGuidance(0.5);
        List<MaskedSequence> batch =
                List.of(
                        continuing(40, 1),
                        continuing(19, 2),
                        MaskedSequence.continuing(new int[] {1}, 64, MASK, 3),
                        MaskedSequence.infilling(new int[] {MASK, 5, MASK, MASK, 8}, MASK, 4));
        List<Sample> together = sampler.sample(batch, settings);
        for (int i = 0; i < batch.size(); i++) {
            Sample alone = sample(batch.get(i), settings);
            assertArrayEquals(alone.ids(), together.get(i).ids());
            assertEquals(alone.evaluations(), together.get(i).evaluations());
        }
    }

    @Test
    void sequencesOfOneBatchDifferByTheirStreams() {
        List<Sample> samples =
                sampler.sample(
                        List.of(continuing(40, 0), continuing(40, 1), continuing(40, 0)), SETTINGS.withTemperature(1));
        assertFalse(Arrays.equals(samples.get(0).ids(), samples.get(1).ids()));
        assertArrayEquals(samples.get(0).ids(), samples.get(2).ids());
    }

    @Test
    void anotherSeedGivesAnotherSample() {
        SamplerSettings settings = SETTINGS.withTemperature(1);
        assertFalse(
                Arrays.equals(
                        sample(continuing(40, 0), settings).ids(),
                        sample(continuing(40, 0), settings.withSeed(1)).ids()));
    }

    @Test
    void atTemperatureZeroTheConfidenceOrderIgnoresTheSeed() {
        assertArrayEquals(
                sample(continuing(40, 0), SETTINGS).ids(), sample(continuing(40, 9), SETTINGS.withSeed(5)).ids());
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void givenTokensStayAndNoMaskIsLeft(Rule rule) {
        int[] ids = {MASK, 5, MASK, MASK, 8, 0, MASK};
        Sample sample = sample(MaskedSequence.infilling(ids, MASK, 0), rule.of(SETTINGS).withTemperature(1));
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] != MASK) {
                assertEquals(ids[i], sample.ids()[i]);
                assertEquals(0f, sample.logConfidence()[i]);
            }
            assertTrue(sample.ids()[i] < MASK);
            assertTrue(sample.logConfidence()[i] <= 0);
        }
    }

    @Test
    void guidanceChangesTheResultOnlyIfThereIsAPrompt() {
        MaskedSequence empty = MaskedSequence.continuing(new int[0], 30, MASK, 0);
        SamplerSettings guided = SETTINGS.withTemperature(0.5).withGuidance(3);
        assertArrayEquals(sample(empty, SETTINGS.withTemperature(0.5)).ids(), sample(empty, guided).ids());
        assertFalse(
                Arrays.equals(
                        sample(continuing(30, 0), SETTINGS.withTemperature(0.5)).ids(),
                        sample(continuing(30, 0), guided).ids()));
    }

    @Test
    void masksInsideAPromptAreGeneratedAndHiddenByGuidance() {
        MaskedSequence padded = MaskedSequence.continuing(new int[] {3, 14, MASK, MASK}, 20, MASK, 1);
        PlainSampler plain = new PlainSampler(backend, model, 20);
        SamplerSettings guided = SETTINGS.withGuidance(1);
        assertArrayEquals(plain.sample(padded, guided), sample(padded, guided).ids());
        assertFalse(Arrays.stream(sample(padded, guided).ids()).anyMatch(id -> id == MASK));
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void bannedTokensAreNeverChosenAndTheOthersShareTheirProbability(Rule rule) {
        MaskedSequence sequence = continuing(21, 2);
        PlainSampler plain = new PlainSampler(backend, model, 21);
        SamplerSettings settings = rule.of(SETTINGS);
        for (SamplerSettings free : List.of(settings.withTemperature(0.7), settings.withGuidance(1.5))) {
            SamplerSettings banning = free.withBannedTokens(generated(sample(sequence, free)));
            Sample without = sample(sequence, banning);
            assertFalse(Arrays.stream(without.ids()).skip(PROMPT.length).anyMatch(banning.bannedTokens()::contains));
            assertArrayEquals(plain.sample(sequence, banning), without.ids(), banning.toString());
        }
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void filtersOfLogitsDoWhatTheySay(Rule rule) {
        MaskedSequence sequence = continuing(21, 2);
        PlainSampler plain = new PlainSampler(backend, model, 21);
        for (LogitFilters filters :
                List.of(
                        LogitFilters.NONE.withTemperature(1).withTopK(3),
                        LogitFilters.NONE.withTemperature(0.8).withTopP(0.7),
                        LogitFilters.NONE.withTopP(0.5),
                        LogitFilters.NONE.withRepetitionPenalty(1.4),
                        new LogitFilters(1.2, 9, 0.8, 0.7, Set.of(3, 5)))) {
            SamplerSettings settings = rule.of(SETTINGS).withFilters(filters);
            assertArrayEquals(plain.sample(sequence, settings), sample(sequence, settings).ids(), filters.toString());
        }
    }

    @Test
    void aLengthMoreTakesNoOtherPrograms() {
        CountingBackend counting = new CountingBackend(SmallRun.cpu(1));
        MaskedSampler counted = new MaskedSampler(counting, RandomModel.masked(counting));
        counted.sample(List.of(continuing(17, 0)), SETTINGS);
        int asked = counting.asked();
        for (int length = 18; length <= 32; length++) {
            counted.sample(List.of(continuing(length, 0)), SETTINGS);
        }
        assertEquals(asked, counting.asked());
        counting.close();
    }

    @Test
    void positionsThatFillALengthUpChangeNoToken() {
        // Alone, a text of 20 positions goes through a program of 32, beside one of 70 through one of 80.
        Sample alone = sample(continuing(20, 3), SETTINGS.withTemperature(1));
        Sample beside =
                sampler.sample(List.of(continuing(20, 3), continuing(70, 4)), SETTINGS.withTemperature(1)).getFirst();
        assertArrayEquals(alone.ids(), beside.ids());
        assertArrayEquals(alone.logConfidence(), beside.logConfidence(), 1e-5f);
    }

    /** Some of the tokens that stand after the prompt. */
    private static Set<Integer> generated(Sample sample) {
        return Arrays.stream(sample.ids()).skip(PROMPT.length).limit(8).boxed().collect(Collectors.toUnmodifiableSet());
    }

    @Test
    void theOnlyTokenThatIsNotBannedIsCertain() {
        Set<Integer> allButOne =
                IntStream.range(0, MASK).filter(token -> token != 7).boxed().collect(Collectors.toUnmodifiableSet());
        Sample sample = sample(continuing(12, 0), SETTINGS.withTemperature(1).withBannedTokens(allButOne));
        for (int i = PROMPT.length; i < 12; i++) {
            assertEquals(7, sample.ids()[i]);
            assertEquals(0f, sample.logConfidence()[i]);
        }
    }

    @Test
    void aBanHoldsForItsOwnCallOnly() {
        SamplerSettings settings = SETTINGS.withTemperature(1);
        Sample before = sample(continuing(40, 0), settings);
        Set<Integer> first = Set.of(before.ids()[10]);
        Set<Integer> second = Set.of(before.ids()[20]);
        Sample withoutFirst = sample(continuing(40, 0), settings.withBannedTokens(first));
        Sample withoutSecond = sample(continuing(40, 0), settings.withBannedTokens(second));
        assertFalse(Arrays.equals(withoutFirst.ids(), withoutSecond.ids()));
        assertArrayEquals(withoutFirst.ids(), sample(continuing(40, 0), settings.withBannedTokens(first)).ids());
        assertArrayEquals(before.ids(), sample(continuing(40, 0), settings).ids());
    }

    @Test
    void aBanOfWhatTheModelCannotChooseOrOfEverythingIsRefused() {
        refused(
                "banned tokens: found token id 23, expected 0 to 22, those that the model can choose",
                SETTINGS.withBannedTokens(Set.of(1, MASK)));
        refused(
                "banned tokens: found all 23 of the model, expected at least one that may be chosen",
                SETTINGS.withBannedTokens(IntStream.range(0, MASK).boxed().collect(Collectors.toSet())));
    }

    private void refused(String sentence, SamplerSettings settings) {
        assertEquals(
                sentence, assertThrows(InputException.class, () -> sample(continuing(8, 0), settings)).getMessage());
    }

    @Test
    void atTemperatureOneTokensComeAsOftenAsTheModelSays() {
        int[] ids = {3, MASK, 9};
        double[] p = PlainSampler.softmax(new PlainSampler(backend, model, 3).logits(ids)[1]);
        int draws = 4096;
        List<MaskedSequence> batch = new ArrayList<>();
        for (int i = 0; i < draws; i++) {
            batch.add(MaskedSequence.infilling(ids, MASK, i));
        }
        int[] counts = new int[p.length];
        for (Sample sample : sampler.sample(batch, SETTINGS.withTemperature(1))) {
            counts[sample.ids()[1]]++;
        }
        for (int v = 0; v < p.length; v++) {
            double deviation = Math.sqrt(p[v] * (1 - p[v]) * draws);
            assertEquals(p[v] * draws, counts[v], 4.5 * deviation + 1, "token " + v);
        }
    }

    @Test
    void ancestralStepsUnmaskAboutEquallyMany() {
        List<Integer> counts = new ArrayList<>();
        List<MaskedSequence> batch = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            batch.add(MaskedSequence.continuing(new int[0], 80, MASK, i));
        }
        sampler.sample(
                batch,
                Rule.ANCESTRAL.of(SETTINGS.withSteps(8)),
                step -> counts.add(step.sequences().stream().mapToInt(s -> s.unmasked().length).sum()));
        // 1920 masks: 240 a step, standard deviation 14.5.
        counts.forEach(count -> assertEquals(240, count, 4.5 * 14.5));
    }

    private List<Integer> unmaskedByStep(SamplerSettings settings) {
        List<Integer> counts = new ArrayList<>();
        Sample sample =
                sampler.sample(
                                List.of(continuing(PROMPT.length + 10, 0)),
                                settings,
                                step -> counts.add(step.sequences().getFirst().unmasked().length))
                        .getFirst();
        assertEquals(counts.stream().filter(count -> count > 0).count(), sample.evaluations());
        return counts;
    }

    @Test
    void byDefaultEachPassUnmasksOneToken() {
        assertEquals(Collections.nCopies(10, 1), unmaskedByStep(SamplerSettings.defaults()));
        assertEquals(Collections.nCopies(10, 1), unmaskedByStep(SETTINGS.withSteps(50)));
    }

    @Test
    void fewerPassesThanTokensShareThemEvenly() {
        assertEquals(List.of(3, 3, 2, 2), unmaskedByStep(SETTINGS.withSteps(4)));
        assertEquals(List.of(10), unmaskedByStep(SETTINGS.withSteps(1)));
    }

    @Test
    void stepsThatUnmaskNothingCostNoPass() {
        SamplerSettings published = SETTINGS.withCount(SMDM.withSteps(50));
        List<Integer> counts = unmaskedByStep(published);
        assertEquals(50, counts.size());
        assertTrue(counts.stream().filter(count -> count > 0).count() < 10, counts.toString());
        MaskedSequence sequence = continuing(PROMPT.length + 10, 0);
        assertEquals(
                2 * sample(sequence, published).evaluations(),
                sample(sequence, published.withGuidance(1)).evaluations());
    }

    @Test
    void aListenerSeesMasksDisappearAndNothingElseChange() {
        List<SamplingStep> steps = new ArrayList<>();
        MaskedSequence sequence = continuing(30, 0);
        Sample sample = sampler.sample(List.of(sequence), SETTINGS, steps::add).getFirst();
        int[] state = sequence.ids();
        for (SamplingStep step : steps) {
            SamplingStep.Progress now = step.sequences().getFirst();
            for (int position : now.unmasked()) {
                assertEquals(MASK, state[position]);
                state[position] = now.ids()[position];
            }
            assertArrayEquals(state, now.ids());
        }
        assertArrayEquals(state, sample.ids());
    }

    @Test
    void theBatchScopeCountsMasksOfAllSequencesTogether() {
        List<MaskedSequence> batch = List.of(continuing(PROMPT.length + 3, 0), continuing(PROMPT.length + 3, 1));
        List<Integer> counts = new ArrayList<>();
        sampler.sample(
                batch,
                SETTINGS.withCount(SMDM.withSteps(4)).withScope(SelectionScope.BATCH),
                step -> counts.add(step.sequences().stream().mapToInt(s -> s.unmasked().length).sum()));
        // floor(6 · 0.25) = 1 and so on; within each sequence it would be floor(3 · 0.25) = 0 twice.
        assertEquals(List.of(1, 1, 1, 3), counts);
    }

    @Test
    void whatDoesNotFitTheModelIsRefused() {
        refused(
                "sequence length: found 97 positions, expected at most the model's 96 (block_size)",
                continuing(RandomModel.MAX_LENGTH + 1, 0));
        refused(
                "sequence: found token id 24 at position 1, expected 0 to 23",
                MaskedSequence.infilling(new int[] {1, 24}, MASK, 0));
        refused("stream: found 2147483647, expected less than 22369621", continuing(8, Integer.MAX_VALUE));
        assertEquals(
                "batch: found 0, expected at least 1",
                assertThrows(InputException.class, () -> sampler.sample(List.of(), SETTINGS)).getMessage());
        assertThrows(InputException.class, () -> new MaskedSampler(backend, RandomModel.causal(backend)));
    }

    private void refused(String sentence, MaskedSequence sequence) {
        assertEquals(sentence, assertThrows(InputException.class, () -> sample(sequence, SETTINGS)).getMessage());
    }
}
