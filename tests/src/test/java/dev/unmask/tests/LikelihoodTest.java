package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodEstimate;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.OptionalDouble;

@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class LikelihoodTest {
    private static final int[] PREFIX = {3, 14, 15};
    private static final int[] TARGET = {9, 2, 6, 5};
    private static final LikelihoodSettings SETTINGS = LikelihoodSettings.defaults();

    private final Backend backend;
    private final Transformer model;
    private final Likelihood likelihood;

    LikelihoodTest(Backend backend) {
        this.backend = backend;
        model = RandomModel.masked(backend);
        likelihood = new Likelihood(backend, model);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.8})
    void theChainRuleMultipliesLeftToRight(double guidance) {
        int length = PREFIX.length + TARGET.length;
        PlainSampler plain = new PlainSampler(backend, model, length);
        double expected = 0;
        for (int i = 0; i < TARGET.length; i++) {
            int[] ids = Arrays.copyOf(PREFIX, length);
            Arrays.fill(ids, PREFIX.length, length, RandomModel.VOCABULARY);
            System.arraycopy(TARGET, 0, ids, PREFIX.length, i);
            MaskedSequence sequence = MaskedSequence.continuing(PREFIX, length, RandomModel.VOCABULARY, 0);
            double[] row = plain.guided(ids, sequence, guidance)[PREFIX.length + i];
            expected += Math.log(PlainSampler.softmax(row)[TARGET[i]]);
        }
        LikelihoodEstimate estimate =
                likelihood.estimate(
                        PREFIX,
                        TARGET,
                        SETTINGS.withEstimator(Estimator.CHAIN_RULE).withGuidance(guidance).withSamples(3, 3));
        assertEquals(expected, estimate.logLikelihood(), 1e-4);
        assertEquals(OptionalDouble.of(0), estimate.standardError());
        assertEquals(guidance == 0 ? 4 : 8, estimate.evaluations());
    }

    @ParameterizedTest
    @EnumSource(
            value = Estimator.class,
            names = {"CHAIN_RULE", "MASK_COUNT", "ANY_ORDER"})
    void aTargetOfOneTokenHasOneLikelihood(Estimator estimator) {
        int[] target = {7};
        double exact =
                likelihood.estimate(PREFIX, target, SETTINGS.withEstimator(Estimator.CHAIN_RULE)).logLikelihood();
        assertEquals(
                exact, likelihood.estimate(PREFIX, target, SETTINGS.withEstimator(estimator)).logLikelihood(), 1e-5);
    }

    @Test
    void probabilitiesOfAllTokensSumToOne() {
        double sum = 0;
        for (int token = 0; token < RandomModel.VOCABULARY; token++) {
            sum +=
                    Math.exp(
                            likelihood
                                    .estimate(PREFIX, new int[] {token}, SETTINGS.withSamples(2, 2).withGuidance(1.3))
                                    .logLikelihood());
        }
        assertEquals(1, sum, 1e-5);
    }

    @ParameterizedTest
    @EnumSource(Estimator.class)
    void theSameSettingsGiveTheSameBits(Estimator estimator) {
        LikelihoodSettings settings = SETTINGS.withSamples(32, 16).withEstimator(estimator);
        assertEquals(
                likelihood.estimate(PREFIX, TARGET, settings),
                new Likelihood(backend, model).estimate(PREFIX, TARGET, settings));
    }

    @Test
    void guidanceWithoutAPrefixChangesNothing() {
        LikelihoodSettings settings = SETTINGS.withEstimator(Estimator.CHAIN_RULE);
        assertEquals(
                likelihood.estimate(new int[0], TARGET, settings),
                likelihood.estimate(new int[0], TARGET, settings.withGuidance(2)));
    }

    @Test
    void paddingIsSeenByTheModel() {
        LikelihoodSettings settings = SETTINGS.withEstimator(Estimator.CHAIN_RULE);
        double plain = likelihood.estimate(PREFIX, TARGET, settings).logLikelihood();
        double padded = likelihood.estimate(PREFIX, TARGET, settings.withPaddedLength(20)).logLikelihood();
        assertTrue(Math.abs(plain - padded) > 1e-3);
    }

    @Test
    void greedyDecodingSetsTheMostConfidentTokenOfEachPass() {
        int[] decoded = greedily(0.5);
        assertTrue(likelihood.greedilyDecoded(PREFIX, decoded, 0.5));
        for (int i = 0; i < decoded.length; i++) {
            int[] other = decoded.clone();
            other[i] = (other[i] + 1) % RandomModel.VOCABULARY;
            assertFalse(likelihood.greedilyDecoded(PREFIX, other, 0.5));
        }
    }

    private int[] greedily(double guidance) {
        int length = PREFIX.length + TARGET.length;
        MaskedSequence sequence = MaskedSequence.continuing(PREFIX, length, RandomModel.VOCABULARY, 0);
        PlainSampler plain = new PlainSampler(backend, model, length);
        int[] ids = sequence.ids();
        for (int pass = 0; pass < TARGET.length; pass++) {
            double[][] rows = plain.guided(ids, sequence, guidance);
            int position = 0;
            int token = 0;
            double most = -1;
            for (int i = PREFIX.length; i < length; i++) {
                double[] p = PlainSampler.softmax(rows[i]);
                for (int v = 0; v < p.length; v++) {
                    if (ids[i] == RandomModel.VOCABULARY && p[v] > most) {
                        position = i;
                        token = v;
                        most = p[v];
                    }
                }
            }
            ids[position] = token;
        }
        return Arrays.copyOfRange(ids, PREFIX.length, length);
    }

    @Test
    void whatDoesNotFitTheModelIsRefused() {
        refused("tokens of the target: found 0, expected at least 1", new int[0], 0);
        refused("target: found token id 23 at position 0, expected 0 to 22", new int[] {23}, 0);
        refused(
                "prefix and target: found 97 positions, expected at most the model's 96 (block_size)",
                new int[] {1},
                97);
        assertFalse(model.config().causal());
        assertThrows(InputException.class, () -> new Likelihood(backend, RandomModel.causal(backend)));
    }

    private void refused(String sentence, int[] target, int paddedLength) {
        assertEquals(
                sentence,
                assertThrows(
                                InputException.class,
                                () -> likelihood.estimate(PREFIX, target, SETTINGS.withPaddedLength(paddedLength)))
                        .getMessage());
    }
}
