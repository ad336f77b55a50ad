package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.Count;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.tasks.CausalScorer;
import dev.unmask.sample.tasks.CausalWriter;
import dev.unmask.sample.tasks.Examinee;
import dev.unmask.sample.tasks.Example;
import dev.unmask.sample.tasks.GenerationSettings;
import dev.unmask.sample.tasks.MaskedScorer;
import dev.unmask.sample.tasks.MaskedWriter;
import dev.unmask.sample.tasks.Outcome;
import dev.unmask.sample.tasks.RequestTokens;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** How models answer the examples of tasks: with what the samplers and likelihoods beneath say. */
class ExamineeTest {
    private static final TextTokenizer BYTES = new ByteTokenizer();
    private static final RequestTokens TOKENS = new RequestTokens(BYTES, true, RandomModel.MAX_LENGTH);
    private static final Example CHOICE =
            new Example.MultipleChoice("Question: why?\nAnswer:", List.of("so", "because"), 1);
    private static final Example WORD = new Example.Completion("on the ", "x");
    private static final Example PROBLEM = new Example.Generation("Question: 2+2?\nAnswer:", "2+2?", "4");

    private static final Set<Integer> NAMELESS = Set.copyOf(IntStream.range(257, 300).boxed().toList());

    private final Backend backend = Backends.open("vector", new BackendOptions(1, ""));
    private final Transformer masked = RandomModel.masked(backend, 300);
    private final Transformer causal = RandomModel.causal(backend, 300);

    @AfterEach
    void close() {
        backend.close();
    }

    private static Examinee.Question question(Example example, long seed) {
        return new Examinee.Question("file.jsonl:1", example, seed);
    }

    private static Outcome answer(Examinee examinee, Example example, long seed) {
        return examinee.answer(List.of(question(example, seed))).getFirst();
    }

    @Test
    void aMaskedModelEstimatesEachContinuationWithTheDocumentsSeed() {
        Likelihood likelihood = new Likelihood(backend, masked);
        LikelihoodSettings settings = LikelihoodSettings.defaults().withSamples(8, 4).withGuidance(0.6).withSeed(3);
        Outcome outcome = answer(new MaskedScorer(likelihood, TOKENS, settings), CHOICE, 5);
        int[] prefix = BYTES.encode("Question: why?\nAnswer:");
        assertEquals(
                List.of(
                        likelihood.estimate(prefix, BYTES.encode(" so"), settings.withSeed(8)).logLikelihood(),
                        likelihood.estimate(prefix, BYTES.encode(" because"), settings.withSeed(8)).logLikelihood()),
                outcome.scores().stream().map(Outcome.Score::logLikelihood).toList());
        assertTrue(outcome.scores().getFirst().standardError().orElseThrow() > 0);
    }

    @Test
    void aMaskedModelDecodesTheEndOfACompletionWithTheSameGuidance() {
        Likelihood likelihood = new Likelihood(backend, masked);
        LikelihoodSettings settings = LikelihoodSettings.defaults().withSamples(8, 4).withGuidance(1.1);
        MaskedScorer scorer = new MaskedScorer(likelihood, TOKENS, settings);
        int[] prefix = BYTES.encode("on the");
        Outcome.Score score = answer(scorer, WORD, 5).scores().getFirst();
        assertEquals(likelihood.greedilyDecoded(prefix, BYTES.encode(" x"), 1.1), score.greedy());
        int likeliest = 0;
        for (int token = 0; token < 256; token++) {
            if (likelihood.greedilyDecoded(prefix, new int[] {token}, 1.1)) {
                likeliest = token;
            }
        }
        Example found = new Example.Completion("on the", Character.toString(likeliest));
        assertEquals(likeliest < 128, answer(scorer, found, 5).scores().getFirst().greedy());
    }

    @Test
    void aContinuationOfOneTokenIsScoredExactlyWhateverTheEstimator() {
        Likelihood likelihood = new Likelihood(backend, masked);
        LikelihoodSettings settings = LikelihoodSettings.defaults().withEstimator(Estimator.MONTE_CARLO);
        Outcome.Score score =
                answer(new MaskedScorer(likelihood, TOKENS, settings), new Example.Completion("on the", "x"), 5)
                        .scores()
                        .getFirst();
        assertEquals(OptionalDouble.of(0), score.standardError());
        assertEquals(
                likelihood
                        .estimate(
                                BYTES.encode("on the"), BYTES.encode("x"), settings.withEstimator(Estimator.CHAIN_RULE))
                        .logLikelihood(),
                score.logLikelihood());
    }

    @Test
    void aCausalModelScoresExactlyAndBeginsAnEmptyContextItself() {
        CausalLikelihood likelihood = new CausalLikelihood(backend, causal, Precision.F32);
        CausalScorer scorer = new CausalScorer(likelihood, TOKENS);
        int[] end = {BYTES.endOfText().orElseThrow()};
        assertEquals(
                likelihood
                        .score(List.of(new CausalLikelihood.Text(end, BYTES.encode("  word"))))
                        .getFirst()
                        .logLikelihood(),
                answer(scorer, new Example.Completion(" ", " word"), 5).scores().getFirst().logLikelihood());
        assertEquals(2, answer(scorer, CHOICE, 5).scores().size());
        assertEquals(OptionalDouble.of(0), answer(scorer, CHOICE, 5).scores().getFirst().standardError());
    }

    /** Two passes, word by word. */
    @Test
    void aMaskedModelWritesThoughtAndAnswerInTwoPasses() {
        TextTokenizer letters = new LetterTokenizer();
        MaskedSampler sampler = new MaskedSampler(backend, RandomModel.masked(backend));
        MaskedWriter writer =
                new MaskedWriter(
                        sampler,
                        new RequestTokens(letters, true, RandomModel.MAX_LENGTH),
                        new GenerationSettings(40, 20, 0.5, 0.1, 4, 9));
        SamplerSettings settings =
                SamplerSettings.defaults()
                        .withCount(new Count.Smdm(OptionalInt.of(20), Count.Smdm.EPSILON))
                        .withTemperature(0.5)
                        .withGuidance(0.1);
        int[] thought = written(sampler, letters.encode("Question: 2+2?"), settings.withSeed(9));
        assertTrue(thought.length < 40, "no end of text, which the second pass would write over");
        int[] answer = written(sampler, thought, settings.withSeed(10));
        assertEquals(letters.decode(answer), answer(writer, PROBLEM, 6).text());
        assertArrayEquals(thought, Arrays.copyOf(answer, thought.length));
    }

    private static int[] written(MaskedSampler sampler, int[] prompt, SamplerSettings settings) {
        int mask = sampler.denoiser().maskToken();
        int[] all = sampler.sample(List.of(MaskedSequence.continuing(prompt, 40, mask, 6)), settings).getFirst().ids();
        return Arrays.stream(all).filter(id -> id != LetterTokenizer.END).toArray();
    }

    @Test
    void aThoughtThatLeavesNoRoomIsTheAnswer() {
        GenerationSettings generation = new GenerationSettings(40, 20, 0.5, 0.1, 4, 9);
        MaskedWriter writer = new MaskedWriter(new MaskedSampler(backend, masked), TOKENS, generation);
        // The bytes of a random model are no UTF-8, and what replaces them is longer.
        assertTrue(answer(writer, PROBLEM, 6).text().startsWith("Question: 2+2?"));
        Example longer = new Example.Generation("", "0123456789".repeat(5), "6");
        Outcome outcome = answer(writer, longer, 6);
        assertTrue(outcome.text().startsWith("123456789"), outcome.text());
        assertTrue(outcome.shortened());
    }

    @Test
    void answersOfABatchAreThoseOfEachProblemAlone() {
        GenerationSettings generation = new GenerationSettings(40, 20, 0.5, 0.1, 4, 9);
        MaskedWriter writer = new MaskedWriter(new MaskedSampler(backend, masked), TOKENS, generation);
        Example other = new Example.Generation("Question: 3+3?\nAnswer:", "3+3?", "6");
        List<Outcome> together = writer.answer(List.of(question(PROBLEM, 6), question(other, -7)));
        assertEquals(answer(writer, PROBLEM, 6), together.getFirst());
        assertEquals(answer(writer, other, -7), together.getLast());
        assertNotEquals(answer(writer, PROBLEM, 7), together.getFirst());
    }

    @Test
    void aCausalModelWritesOnAfterTheContext() {
        GenerationSettings generation = new GenerationSettings(30, 1, 0, 0, 4, 9);
        AutoregressiveSampler sampler = new AutoregressiveSampler(backend, causal);
        CausalWriter writer = new CausalWriter(sampler, causal.config(), TOKENS, generation);
        int[] prompt = BYTES.encode("Question: 2+2?\nAnswer:");
        int[] all =
                sampler.sample(
                                List.of(new Prompt(prompt, 0)),
                                AutoregressiveSettings.ofLength(prompt.length + 30)
                                        .withTemperature(0)
                                        .withEndToken(256)
                                        .withBannedTokens(NAMELESS))
                        .getFirst()
                        .ids();
        int[] written = Arrays.stream(all).skip(prompt.length).filter(id -> id != 256).toArray();
        Example longer = new Example.Generation("Question: What is 2 and 2 and 2?\nAnswer:", "", "6");
        Outcome outcome = writer.answer(List.of(question(PROBLEM, 6), question(longer, 7))).getFirst();
        assertEquals(BYTES.decode(written).stripTrailing(), outcome.text());
    }
}
