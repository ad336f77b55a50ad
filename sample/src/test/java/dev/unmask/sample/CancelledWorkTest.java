package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/** Whatever takes many passes is asked before each of them whether to go on, and ends before the next one if not. */
class CancelledWorkTest {
    private static final int[] PREFIX = {0};
    private static final int[] TARGET = {2, 1, 0, 2};

    /** Work on a model. */
    private interface Work {
        void run(JointDenoiser denoiser, Cancellation cancellation);
    }

    private static Arguments work(String name, Work work) {
        return Arguments.of(name, work);
    }

    private static LikelihoodSettings settings(Estimator estimator) {
        return LikelihoodSettings.defaults().withSamples(8, 2).withEstimator(estimator);
    }

    static Stream<Arguments> works() {
        Stream<Arguments> likelihoods =
                Arrays.stream(Estimator.values())
                        .map(estimator ->
                                work(
                                        estimator.label(),
                                        (denoiser, cancellation) ->
                                                new Likelihood(denoiser)
                                                        .estimate(
                                                                PREFIX,
                                                                TARGET,
                                                                settings(estimator).withSamples(8, 1),
                                                                cancellation)));
        BitSet asked = new BitSet();
        asked.set(0, 5);
        int[] text = {0, 2, 1, 0, 2};
        Stream<Arguments> others =
                Stream.of(
                        work(
                                "greedy decoding",
                                (denoiser, cancellation) ->
                                        new Likelihood(denoiser)
                                                .greedilyDecoded(PREFIX, greedy(denoiser), 0, cancellation)),
                        work(
                                "each token",
                                (denoiser, cancellation) ->
                                        new TokenLikelihood(denoiser)
                                                .of(text, asked, TokenLikelihood.Given.ALL_OTHERS, 1, cancellation)),
                        work(
                                "perplexity",
                                (denoiser, cancellation) -> {
                                    Likelihood likelihood = new Likelihood(denoiser);
                                    // A piece is one pass.
                                    Perplexity.of(
                                            List.of(new Perplexity.Text(text, 5)),
                                            2,
                                            1,
                                            0,
                                            (prefix, target) ->
                                                    likelihood.estimate(
                                                            prefix,
                                                            target,
                                                            settings(Estimator.CHAIN_RULE).withPaddedLength(5)),
                                            cancellation);
                                }),
                        work(
                                "sampling",
                                (denoiser, cancellation) ->
                                        new MaskedSampler(denoiser)
                                                .sample(
                                                        List.of(denoiser.blank(0)),
                                                        SamplerSettings.defaults(),
                                                        SamplingListener.until(cancellation))));
        return Stream.concat(likelihoods, others);
    }

    private static int[] greedy(JointDenoiser denoiser) {
        MaskedSequence sequence = MaskedSequence.continuing(PREFIX, 5, JointDenoiser.MASK, 0);
        int[] ids = new MaskedSampler(denoiser).sample(List.of(sequence), SamplerSettings.defaults()).getFirst().ids();
        denoiser.passes = 0;
        return Arrays.copyOfRange(ids, 1, 5);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("works")
    void endsBeforeTheNextPass(String name, Work work) {
        JointDenoiser whole = JointDenoiser.entangled(5);
        work.run(whole, Cancellation.NEVER);
        int all = whole.passes;
        assertTrue(all > 3, "passes of " + name + ": " + all);
        for (int most = 0; most < all; most++) {
            JointDenoiser denoiser = JointDenoiser.entangled(5);
            int enough = most;
            assertThrows(CancellationException.class, () -> work.run(denoiser, () -> denoiser.passes >= enough), name);
            assertEquals(enough, denoiser.passes, name);
        }
    }
}
