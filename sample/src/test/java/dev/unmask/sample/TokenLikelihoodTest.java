package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;

/** How likely each token of a text is, by a denoiser that knows a joint distribution exactly. */
class TokenLikelihoodTest {
    private final JointDenoiser denoiser = JointDenoiser.entangled(5);
    private final TokenLikelihood likelihood = new TokenLikelihood(denoiser);
    private final int[] text = {2, 0, 1, 1, 2};

    private static BitSet positions(int from, int to) {
        BitSet positions = new BitSet();
        positions.set(from, to);
        return positions;
    }

    /** {@code ln p(token | tokens at the positions that are seen)} by summing over all texts. */
    private double exact(int position, IntPredicate seen) {
        double both = 0;
        double condition = 0;
        for (int number = 0; number < denoiser.texts(); number++) {
            int[] other = denoiser.text(number);
            boolean agrees = true;
            for (int i = 0; i < text.length; i++) {
                agrees &= !seen.test(i) || other[i] == text[i];
            }
            condition += agrees ? denoiser.probability(number) : 0;
            both += agrees && other[position] == text[position] ? denoiser.probability(number) : 0;
        }
        return Math.log(both / condition);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16})
    void eachGivenAllOthers(int batch) {
        double[] found = likelihood.of(text, positions(0, 5), TokenLikelihood.Given.ALL_OTHERS, batch);
        for (int i = 0; i < 5; i++) {
            int position = i;
            assertEquals(exact(position, at -> at != position), found[i], 1e-5);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16})
    void eachGivenThoseBeforeAndWhatIsNotAskedAbout(int batch) {
        double[] found = likelihood.of(text, positions(1, 4), TokenLikelihood.Given.BEFORE, batch);
        for (int i = 0; i < 3; i++) {
            int position = 1 + i;
            assertEquals(exact(position, at -> at < position || at == 4), found[i], 1e-5);
        }
    }

    @Test
    void thoseBeforeAddUpToTheChainRule() {
        double[] found = likelihood.of(text, positions(2, 5), TokenLikelihood.Given.BEFORE, 2);
        LikelihoodSettings chain = LikelihoodSettings.defaults().withEstimator(Estimator.CHAIN_RULE);
        double expected =
                new Likelihood(denoiser)
                        .estimate(Arrays.copyOf(text, 2), Arrays.copyOfRange(text, 2, 5), chain)
                        .logLikelihood();
        assertEquals(expected, Arrays.stream(found).sum(), 1e-5);
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        int[] masked = {2, JointDenoiser.MASK, 1, 1, 2};
        assertThrows(
                InputException.class,
                () -> likelihood.of(masked, positions(0, 1), TokenLikelihood.Given.ALL_OTHERS, 1));
        assertThrows(InputException.class, () -> likelihood.of(text, positions(4, 6), TokenLikelihood.Given.BEFORE, 1));
        assertThrows(InputException.class, () -> likelihood.of(text, new BitSet(), TokenLikelihood.Given.BEFORE, 1));
        assertThrows(InputException.class, () -> TokenLikelihood.Given.of("nothing"));
    }
}
