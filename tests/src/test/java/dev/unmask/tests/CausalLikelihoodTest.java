package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.CausalLikelihood.Score;
import dev.unmask.sample.CausalLikelihood.Text;
import dev.unmask.sample.Prompt;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Arrays;
import java.util.List;

@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class CausalLikelihoodTest {
    private static final int[] PREFIX = {3, 14, 15};
    private static final Text SHORT = new Text(PREFIX, new int[] {9});
    private static final Text LONG =
            new Text(new int[] {5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8}, new int[] {4, 6, 2, 6, 4, 3, 3});

    private final Backend backend;
    private final Transformer model;
    private final CausalLikelihood likelihood;

    CausalLikelihoodTest(Backend backend) {
        this.backend = backend;
        model = RandomModel.causal(backend);
        likelihood = new CausalLikelihood(backend, model, Precision.F32);
    }

    private Score score(Text text) {
        return likelihood.score(List.of(text)).getFirst();
    }

    /** From logits of the whole text, in float64. */
    private double expected(Text text) {
        int length = text.prefix().length + text.target().length;
        int[] ids = Arrays.copyOf(text.prefix(), length);
        System.arraycopy(text.target(), 0, ids, text.prefix().length, text.target().length);
        double[][] rows = new PlainSampler(backend, model, length).logits(ids);
        double sum = 0;
        for (int i = text.prefix().length; i < length; i++) {
            sum += Math.log(PlainSampler.softmax(rows[i - 1])[ids[i]]);
        }
        return sum;
    }

    @Test
    void logProbabilitiesOfTheTargetsTokensAreSummed() {
        for (Text text : List.of(SHORT, LONG, new Text(new int[] {7}, new int[] {7, 7}))) {
            assertEquals(expected(text), score(text).logLikelihood(), 1e-4);
        }
    }

    @Test
    void textsOfOnePassDoNotDisturbEachOther() {
        List<Score> together = likelihood.score(List.of(SHORT, LONG, SHORT));
        assertEquals(score(SHORT).logLikelihood(), together.getFirst().logLikelihood(), 1e-5);
        assertEquals(score(LONG).logLikelihood(), together.get(1).logLikelihood(), 1e-5);
        assertEquals(together.getFirst(), together.getLast());
        assertEquals(score(SHORT).logLikelihood(), score(SHORT).logLikelihood());
    }

    @Test
    void probabilitiesOfAllTokensSumToOne() {
        double sum = 0;
        for (int token = 0; token < RandomModel.VOCABULARY; token++) {
            sum += Math.exp(score(new Text(PREFIX, new int[] {token})).logLikelihood());
        }
        assertEquals(1, sum, 1e-5);
    }

    @Test
    void whatGreedyDecodingGivesIsCalledGreedyAndNothingElse() {
        int[] ids =
                new AutoregressiveSampler(backend, model)
                        .sample(List.of(new Prompt(PREFIX, 0)), AutoregressiveSettings.ofLength(8).withTemperature(0))
                        .getFirst()
                        .ids();
        int[] decoded = Arrays.copyOfRange(ids, PREFIX.length, ids.length);
        assertTrue(score(new Text(PREFIX, decoded)).greedy());
        for (int i = 0; i < decoded.length; i++) {
            int[] other = decoded.clone();
            other[i] = (other[i] + 1) % RandomModel.VOCABULARY;
            assertFalse(score(new Text(PREFIX, other)).greedy());
        }
    }

    @Test
    void theLastTokenOfTheLongestTextNeedsNoPosition() {
        int[] prefix = new int[RandomModel.MAX_LENGTH];
        assertEquals(
                expected(new Text(Arrays.copyOf(prefix, RandomModel.MAX_LENGTH - 1), new int[] {5})),
                score(new Text(Arrays.copyOf(prefix, RandomModel.MAX_LENGTH - 1), new int[] {5})).logLikelihood(),
                1e-4);
        assertTrue(score(new Text(prefix, new int[] {5})).logLikelihood() < 0);
    }

    @Test
    void whatDoesNotFitTheModelIsRefused() {
        refused("tokens of the target: found 0, expected at least 1", new Text(PREFIX, new int[0]));
        refused("tokens of the prefix: found 0, expected at least 1", new Text(new int[0], PREFIX));
        refused("target: found token id 23 at position 1, expected 0 to 22", new Text(PREFIX, new int[] {22, 23}));
        refused(
                "prefix and target without its last token: found 97 positions, expected at most the model's 96"
                        + " (block_size)",
                new Text(new int[96], new int[2]));
        assertEquals(
                "causal likelihood: found a masked diffusion model, expected a causal one; use Likelihood",
                assertThrows(
                                InputException.class,
                                () -> new CausalLikelihood(backend, RandomModel.masked(backend), Precision.F32))
                        .getMessage());
    }

    private void refused(String sentence, Text text) {
        assertEquals(sentence, assertThrows(InputException.class, () -> score(text)).getMessage());
    }
}
