package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/** Likelihoods by a denoiser that knows a joint distribution exactly: there all estimators mean the same. */
class KnownLikelihoodTest {
    private static final LikelihoodSettings MANY = LikelihoodSettings.defaults().withSamples(4096, 16).withSeed(5);

    private final JointDenoiser denoiser = JointDenoiser.entangled(5);
    private final Likelihood likelihood = new Likelihood(denoiser);

    /** {@code ln p(target | prefix)} by summing over all texts. */
    private double exact(int[] prefix, int[] target) {
        double both = 0;
        double condition = 0;
        for (int number = 0; number < denoiser.texts(); number++) {
            int[] text = denoiser.text(number);
            if (Arrays.equals(text, 0, prefix.length, prefix, 0, prefix.length)) {
                condition += denoiser.probability(number);
                boolean hit = Arrays.equals(text, prefix.length, text.length, target, 0, target.length);
                both += hit ? denoiser.probability(number) : 0;
            }
        }
        return Math.log(both / condition);
    }

    @ParameterizedTest
    @EnumSource(Estimator.class)
    void everyEstimatorFindsTheExactLikelihood(Estimator estimator) {
        int[] text = {2, 0, 1, 1, 2};
        for (int given : new int[] {0, 1, 3, 4}) {
            int[] prefix = Arrays.copyOf(text, given);
            int[] target = Arrays.copyOfRange(text, given, text.length);
            LikelihoodEstimate found = likelihood.estimate(prefix, target, MANY.withEstimator(estimator));
            double error = found.standardError().orElseThrow();
            assertEquals(exact(prefix, target), found.logLikelihood(), 4.5 * error + 1e-5, estimator + " " + given);
            boolean factorises =
                    estimator == Estimator.CHAIN_RULE
                            || estimator == Estimator.DUEL
                            || estimator == Estimator.ANY_ORDER;
            assertTrue(factorises ? error < 1e-5 : target.length == 1 || error > 0, estimator + ": " + error);
        }
    }

    /** Only the order in which a model of block diffusion was trained means a likelihood of it. */
    @ParameterizedTest
    @EnumSource(Estimator.class)
    void ofBlocksOnlyTheOrderOfReadingIsALikelihood(Estimator estimator) {
        Likelihood blocks = new Likelihood(JointDenoiser.entangled(5).inBlocks(2));
        int[] target = {2, 0, 1, 1, 2};
        LikelihoodSettings settings = MANY.withEstimator(estimator);
        if (estimator == Estimator.CHAIN_RULE) {
            assertEquals(
                    exact(new int[0], target), blocks.estimate(new int[0], target, settings).logLikelihood(), 1e-5);
        } else {
            String message =
                    assertThrows(InputException.class, () -> blocks.estimate(new int[0], target, settings))
                            .getMessage();
            assertTrue(message.contains(estimator.label()) && message.contains("chain_rule"), message);
        }
    }

    /** A single token has one guided distribution, whatever the estimator. */
    @ParameterizedTest
    @EnumSource(Estimator.class)
    void allAgreeOnATokenUnderGuidance(Estimator estimator) {
        int[] prefix = {2, 0, 1, 1};
        double exact =
                likelihood
                        .estimate(prefix, new int[] {2}, MANY.withEstimator(Estimator.CHAIN_RULE).withGuidance(1.3))
                        .logLikelihood();
        LikelihoodEstimate found =
                likelihood.estimate(prefix, new int[] {2}, MANY.withEstimator(estimator).withGuidance(1.3));
        assertEquals(exact, found.logLikelihood(), 4.5 * found.standardError().orElseThrow() + 1e-5);
        double plain = likelihood.estimate(prefix, new int[] {2}, MANY).logLikelihood();
        assertTrue(Math.abs(exact - plain) > 1e-3, exact + " " + plain);
    }

    @ParameterizedTest
    @EnumSource(names = {"MASK_COUNT", "ANY_ORDER"})
    void whatWouldBeTheSamePassAgainAndAgainIsOne(Estimator estimator) {
        LikelihoodEstimate found =
                likelihood.estimate(new int[] {2, 0, 1, 1}, new int[] {2}, MANY.withEstimator(estimator));
        assertEquals(1, found.evaluations());
        assertEquals(OptionalDouble.of(0), found.standardError());
        assertEquals(exact(new int[] {2, 0, 1, 1}, new int[] {2}), found.logLikelihood(), 1e-5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"confidence", "margin", "entropy", "left_to_right"})
    void duelIsExactInEveryOrderAndItsTextsAddUpToOne(String order) {
        LikelihoodSettings duel = MANY.withEstimator(Estimator.DUEL).withOrder(Order.of(order)).withGuidance(0.7);
        double sum = 0;
        for (int number = 0; number < 81; number++) {
            int[] target = Arrays.copyOfRange(denoiser.text(number), 1, 5);
            sum += Math.exp(likelihood.estimate(new int[] {2}, target, duel).logLikelihood());
        }
        // With guidance the orders factorise different distributions, but each is one.
        assertEquals(1, sum, 1e-5);
    }

    @Test
    void drawingEndsOnceTheErrorIsSmallEnough() {
        int[] text = {2, 0, 1, 1, 2};
        LikelihoodEstimate rough = likelihood.estimate(new int[0], text, MANY.withTargetError(0.3));
        LikelihoodEstimate fine = likelihood.estimate(new int[0], text, MANY.withTargetError(0.08));
        assertTrue(rough.standardError().orElseThrow() <= 0.3);
        assertTrue(fine.standardError().orElseThrow() <= 0.08);
        assertTrue(rough.evaluations() < fine.evaluations(), rough + " " + fine);
        assertTrue(fine.evaluations() < 4096, fine.toString());
        assertEquals(0, rough.evaluations() % 16);
    }

    @Test
    void perplexityOfTextsInPiecesIsThatOfTheChainRuleWithinTheWindow() {
        int[] text = {2, 0, 1, 1, 2};
        Perplexity.Scorer exactly =
                (prefix, target) -> likelihood.estimate(prefix, target, MANY.withEstimator(Estimator.CHAIN_RULE));
        Perplexity whole = Perplexity.of(List.of(new Perplexity.Text(text, 10)), 5, 5, 0, exactly);
        assertEquals(exact(new int[0], text), whole.logLikelihood(), 1e-5);
        assertEquals(5, whole.tokens());
        assertEquals(-whole.logLikelihood() / Math.log(2) / 10, whole.bitsPerByte(), 1e-12);
        assertEquals(Math.exp(-whole.logLikelihood() / 5), whole.perplexity(), 1e-9);
        Perplexity sliding = Perplexity.of(List.of(new Perplexity.Text(text, 10)), 5, 2, 0, exactly);
        assertEquals(whole.logLikelihood(), sliding.logLikelihood(), 1e-5);
        assertEquals(OptionalDouble.of(0), sliding.standardError());
    }

    @Test
    void aWindowSlidesOverALongText() {
        StringBuilder seen = new StringBuilder();
        Perplexity found =
                Perplexity.of(
                        List.of(
                                new Perplexity.Text(new int[] {0, 1, 2, 3, 4, 5, 6}, 7),
                                new Perplexity.Text(new int[] {7}, 1)),
                        4,
                        2,
                        1,
                        (prefix, target) -> {
                            seen.append(Arrays.toString(prefix)).append(Arrays.toString(target)).append(' ');
                            return new LikelihoodEstimate(-1, OptionalDouble.of(0.5), 3);
                        });
        assertEquals("[0][1, 2, 3] [2, 3][4, 5] [3, 4, 5][6] ", seen.toString());
        assertEquals(6, found.tokens());
        assertEquals(7, found.bytes());
        assertEquals(9, found.evaluations());
        assertEquals(Math.sqrt(3 * 0.25), found.standardError().orElseThrow(), 1e-12);
    }
}
