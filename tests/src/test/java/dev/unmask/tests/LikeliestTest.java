package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The likeliest completions, against a plain statement of what they are. */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class LikeliestTest {
    private static final int MASK = RandomModel.VOCABULARY;
    private static final int[] ONE = {3, 14, MASK, 9};
    private static final int[] TWO = {3, MASK, 15, 9, MASK};
    private static final int[] FIVE = {MASK, 14, MASK, MASK, 9, MASK, 2, MASK};
    private static final SamplerSettings SETTINGS = SamplerSettings.defaults();

    private final Backend backend;
    private final Transformer model;
    private final MaskedSampler sampler;

    LikeliestTest(Backend backend) {
        this.backend = backend;
        model = RandomModel.masked(backend);
        sampler = new MaskedSampler(backend, model);
    }

    private List<Sample> likeliest(int[] ids, int most, SamplerSettings settings) {
        return sampler.likeliest(MaskedSequence.infilling(ids, MASK, 0), most, settings);
    }

    private double[] probabilities(int[] ids, int[] state, int position, SamplerSettings settings) {
        PlainSampler plain = new PlainSampler(backend, model, ids.length);
        double[][] rows = plain.guided(state, MaskedSequence.infilling(ids, MASK, 0), settings.guidance().scale());
        PlainSampler.ban(rows, settings.bannedTokens());
        return PlainSampler.softmax(rows[position]);
    }

    private static double score(Sample sample) {
        double sum = 0;
        for (float logConfidence : sample.logConfidence()) {
            sum += logConfidence;
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1.5})
    void ofOnePositionTheyAreTheMostProbableTokensFoundInOnePass(double guidance) {
        SamplerSettings settings = SETTINGS.withGuidance(guidance).withBannedTokens(Set.of(4, 8));
        double[] p = probabilities(ONE, ONE, 2, settings);
        List<Integer> tokens = new ArrayList<>();
        for (int token = 0; token < p.length; token++) {
            tokens.add(token);
        }
        tokens.removeAll(settings.bannedTokens());
        tokens.sort(Comparator.comparingDouble(token -> -p[token]));
        List<Sample> found = likeliest(ONE, 100, settings);
        assertEquals(tokens, found.stream().map(sample -> sample.ids()[2]).toList());
        for (Sample sample : found) {
            assertEquals(Math.log(p[sample.ids()[2]]), sample.logConfidence()[2], 1e-4);
            assertEquals(guidance == 0 ? 1 : 2, sample.evaluations());
        }
        assertEquals(tokens.subList(0, 3), likeliest(ONE, 3, settings).stream().map(s -> s.ids()[2]).toList());
    }

    @Test
    void ofTwoPositionsAWideBeamFindsAllPairsInTheOrderOfTheSampler() {
        double[] first = probabilities(TWO, TWO, 1, SETTINGS);
        double[] other = probabilities(TWO, TWO, 4, SETTINGS);
        boolean leftFirst = Arrays.stream(first).max().orElseThrow() >= Arrays.stream(other).max().orElseThrow();
        int position = leftFirst ? 1 : 4;
        int second = leftFirst ? 4 : 1;
        List<Sample> found = likeliest(TWO, MASK * MASK, SETTINGS);
        assertEquals(MASK * MASK, found.size());
        double all = 0;
        for (Sample sample : found) {
            all += Math.exp(score(sample));
        }
        assertEquals(1, all, 1e-4);
        for (Sample sample : found.subList(0, 5)) {
            int[] state = TWO.clone();
            state[position] = sample.ids()[position];
            double[] then = probabilities(TWO, state, second, SETTINGS);
            double expected =
                    Math.log((leftFirst ? first : other)[state[position]]) + Math.log(then[sample.ids()[second]]);
            assertEquals(expected, score(sample), 1e-4);
        }
    }

    @Test
    void ofManyPositionsTheyDifferComeInOrderAndLoseNothingThatTheSamplerFinds() {
        List<Sample> found = likeliest(FIVE, 6, SETTINGS);
        assertEquals(6, found.size());
        Set<List<Integer>> different = new HashSet<>();
        double last = 0;
        for (Sample sample : found) {
            different.add(Arrays.stream(sample.ids()).boxed().toList());
            assertTrue(score(sample) <= last, found.toString());
            last = score(sample);
            for (int i = 0; i < FIVE.length; i++) {
                assertTrue(FIVE[i] == MASK ? sample.ids()[i] != MASK : sample.ids()[i] == FIVE[i]);
            }
        }
        assertEquals(6, different.size());
        Sample greedy = sampler.sample(List.of(MaskedSequence.infilling(FIVE, MASK, 0)), SETTINGS).getFirst();
        assertTrue(score(found.getFirst()) >= score(greedy) - 1e-5);
    }

    @Test
    void aWiderSearchBeginsWithTheSameTokensOfOnePositionAndFindsNoWorse() {
        double narrow = score(likeliest(FIVE, 1, SETTINGS).getFirst());
        double wide = score(likeliest(FIVE, 40, SETTINGS).getFirst());
        assertTrue(wide >= narrow - 1e-5, wide + " < " + narrow);
    }

    @Test
    void aSequenceWithoutAMaskIsItsOwnCompletion() {
        List<Sample> found = likeliest(new int[] {1, 2, 3}, 4, SETTINGS);
        assertEquals(1, found.size());
        assertArrayEquals(new int[] {1, 2, 3}, found.getFirst().ids());
        assertEquals(0, found.getFirst().evaluations());
    }
}
