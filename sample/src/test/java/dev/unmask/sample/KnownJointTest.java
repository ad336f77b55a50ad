package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** How often each text of a known distribution comes out of samplers that know it exactly. */
class KnownJointTest {
    private static final int DRAWS = 20_000;
    private static final SamplerSettings DRAWING = SamplerSettings.defaults().withTemperature(1).withSeed(3);
    private static final OptionalInt MANY = OptionalInt.of(300);

    private final JointDenoiser denoiser = JointDenoiser.entangled(4);
    private final MaskedSampler sampler = new MaskedSampler(denoiser);

    private List<Sample> draw(SamplerSettings settings) {
        List<MaskedSequence> batch = new ArrayList<>();
        for (int i = 0; i < DRAWS; i++) {
            batch.add(denoiser.blank(i));
        }
        return sampler.sample(batch, settings);
    }

    private int[] frequencies(SamplerSettings settings) {
        int[] counts = new int[denoiser.texts()];
        draw(settings).forEach(sample -> counts[JointDenoiser.number(sample.ids())]++);
        return counts;
    }

    /** Pearson's statistic less its mean, in its standard deviations. */
    private static double deviation(int[] counts, double[] p) {
        double statistic = 0;
        for (int text = 0; text < counts.length; text++) {
            double expected = p[text] * DRAWS;
            statistic += (counts[text] - expected) * (counts[text] - expected) / expected;
        }
        int freedom = counts.length - 1;
        return (statistic - freedom) / Math.sqrt(2.0 * freedom);
    }

    private double[] joint() {
        double[] p = new double[denoiser.texts()];
        Arrays.setAll(p, denoiser::probability);
        return p;
    }

    private double[] productOfMarginals() {
        double[][] marginals = denoiser.conditionals(denoiser.blank(0).ids());
        double[] p = new double[denoiser.texts()];
        Arrays.setAll(
                p,
                number -> {
                    int[] text = denoiser.text(number);
                    double product = 1;
                    for (int i = 0; i < text.length; i++) {
                        product *= marginals[i][text[i]];
                    }
                    return product;
                });
        return p;
    }

    static Stream<Arguments> exactSamplers() {
        return Stream.of(
                Arguments.of("random, one by one: first hitting", DRAWING.withOrder(Order.RANDOM)),
                Arguments.of("left to right", DRAWING.withOrder(Order.LEFT_TO_RIGHT)),
                Arguments.of("margin", DRAWING.withOrder(Order.MARGIN)),
                Arguments.of("entropy", DRAWING.withOrder(Order.ENTROPY)),
                Arguments.of("entropy, randomised", DRAWING.withOrder(Order.ENTROPY.randomized(0.5))),
                Arguments.of("random in blocks of two", DRAWING.withOrder(Order.RANDOM).withBlocks(Blocks.of(2))),
                Arguments.of(
                        "as many passes as tokens by the cosine",
                        DRAWING.withOrder(Order.RANDOM).withCount(new Count.Cosine(OptionalInt.of(64)))),
                Arguments.of(
                        "nothing as sure as the threshold",
                        DRAWING.withOrder(Order.RANDOM)
                                .withCount(new ConfidentCount.Threshold(1, OptionalInt.empty()))),
                Arguments.of(
                        "nothing as sure as the factor asks",
                        DRAWING.withOrder(Order.RANDOM)
                                .withCount(new ConfidentCount.Factor(1e-9, OptionalInt.empty()))),
                Arguments.of(
                        "editing that replaces nothing",
                        DRAWING.withOrder(Order.RANDOM).withRemasking(new Remasking.Editing(1, 0))),
                Arguments.of(
                        "nothing parallel within the budget",
                        DRAWING.withOrder(Order.ENTROPY)
                                .withCount(new ConfidentCount.EntropyBudget(0, OptionalInt.empty()))));
    }

    /** Where one token is drawn at a time, the order may be any that does not look at what was drawn. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("exactSamplers")
    void oneAtATimeTextsComeAsOftenAsTheyAreProbable(String name, SamplerSettings settings) {
        double deviation = deviation(frequencies(settings), joint());
        assertTrue(Math.abs(deviation) < 4.5, name + ": " + deviation);
    }

    @Test
    void ancestralSamplingWithManyStepsIsRandomOrderOneByOne() {
        SamplerSettings ancestral =
                DRAWING.withOrder(Order.RANDOM).withCount(new Count.Ancestral(MANY, Count.Smdm.EPSILON));
        assertTrue(Math.abs(deviation(frequencies(ancestral), joint())) < 4.5);
    }

    @Test
    void allAtOnceTokensAreIndependent() {
        int[] counts = frequencies(DRAWING.withSteps(1));
        assertTrue(Math.abs(deviation(counts, productOfMarginals())) < 4.5);
        assertTrue(deviation(counts, joint()) > 20);
    }

    @Test
    void fewAncestralStepsAreWorseThanMany() {
        Count two = new Count.Ancestral(OptionalInt.of(2), Count.Smdm.EPSILON);
        assertTrue(deviation(frequencies(DRAWING.withOrder(Order.RANDOM).withCount(two)), joint()) > 20);
    }

    static Stream<Remasking> remdm() {
        return Stream.of(
                new Remasking.Remdm(Remasking.Remdm.Kind.CAP, 0.004),
                new Remasking.Remdm(Remasking.Remdm.Kind.RESCALE, 0.01));
    }

    /** Its marginals are those of the forward process, so with a perfect denoiser and small steps it is exact. */
    @ParameterizedTest
    @MethodSource("remdm")
    void remaskingWithItsOwnChancesOfUnmaskingKeepsTheDistribution(Remasking remasking) {
        SamplerSettings settings =
                DRAWING.withOrder(Order.RANDOM)
                        .withCount(new Count.Ancestral(MANY, Count.Smdm.EPSILON))
                        .withRemasking(remasking);
        List<Sample> samples = draw(settings);
        int[] counts = new int[denoiser.texts()];
        samples.forEach(sample -> counts[JointDenoiser.number(sample.ids())]++);
        assertTrue(Math.abs(deviation(counts, joint())) < 5, "" + deviation(counts, joint()));
        double evaluations = samples.stream().mapToInt(Sample::evaluations).average().orElseThrow();
        assertTrue(evaluations > 4.2, "tokens are drawn again: " + evaluations);
    }

    @Test
    void confidenceRemaskingAndPathPlanningPreferProbableTexts() {
        double plain = meanLogProbability(DRAWING.withOrder(Order.RANDOM).withSteps(2));
        SamplerSettings planned = DRAWING.withCount(Count.oneByOne().withSteps(12));
        assertTrue(meanLogProbability(planned.withRemasking(new Remasking.PathPlanning(1))) > plain);
        assertTrue(
                meanLogProbability(planned.withRemasking(new Remasking.Remdm(Remasking.Remdm.Kind.CONFIDENCE, 1)))
                        > plain);
    }

    private double meanLogProbability(SamplerSettings settings) {
        return draw(settings).stream()
                .mapToDouble(sample -> Math.log(denoiser.probability(JointDenoiser.number(sample.ids()))))
                .average()
                .orElseThrow();
    }

    @Test
    void pathPlanningThatKeepsAllIsNoRemasking() {
        List<Sample> plain = draw(DRAWING.withSteps(2));
        List<Sample> planned = draw(DRAWING.withSteps(2).withRemasking(new Remasking.PathPlanning(0)));
        for (int i = 0; i < DRAWS; i++) {
            assertArrayEquals(plain.get(i).ids(), planned.get(i).ids());
        }
    }

    @Test
    void aResultDoesNotDependOnItsBatchWhateverTheRules() {
        List<Order> orders = new ArrayList<>(Order.all());
        orders.add(Order.MARGIN.randomized(0.3));
        List<Count> counts =
                List.of(
                        Count.oneByOne(),
                        Count.oneByOne().withSteps(2),
                        new Count.Ancestral(OptionalInt.of(5), 1e-5),
                        new Count.Cosine(OptionalInt.of(3)),
                        new ConfidentCount.Threshold(0.6, OptionalInt.empty()),
                        new ConfidentCount.Factor(0.8, OptionalInt.empty()),
                        new ConfidentCount.EntropyBudget(0.5, OptionalInt.empty()));
        List<Remasking> remaskings =
                List.of(
                        Remasking.NONE,
                        new Remasking.Remdm(Remasking.Remdm.Kind.CAP, 0.3),
                        new Remasking.PathPlanning(1.5),
                        new Remasking.Editing(0.5, 3));
        for (Order order : orders) {
            for (Count count : counts) {
                for (Remasking remasking : remaskings) {
                    if (remasking instanceof Remasking.PathPlanning && order.knownBeforehand()) {
                        continue;
                    }
                    for (Blocks blocks : List.of(Blocks.WHOLE, Blocks.of(3))) {
                        independent(
                                DRAWING.withOrder(order).withCount(count).withRemasking(remasking).withBlocks(blocks));
                    }
                }
            }
        }
    }

    private void independent(SamplerSettings settings) {
        int mask = JointDenoiser.MASK;
        List<MaskedSequence> batch =
                List.of(
                        denoiser.blank(4),
                        MaskedSequence.infilling(new int[] {mask, 1, mask, 0}, mask, 9),
                        MaskedSequence.continuing(new int[] {2}, 4, mask, 11),
                        MaskedSequence.infilling(new int[] {0, 1, 2, 0}, mask, 12));
        List<Sample> together = sampler.sample(batch, settings);
        for (int i = 0; i < batch.size(); i++) {
            Sample alone = sampler.sample(List.of(batch.get(i)), settings).getFirst();
            assertArrayEquals(alone.ids(), together.get(i).ids(), settings.toString());
            assertArrayEquals(alone.logConfidence(), together.get(i).logConfidence(), settings.toString());
            assertEquals(alone.evaluations(), together.get(i).evaluations(), settings.toString());
            assertTrue(Arrays.stream(alone.ids()).noneMatch(id -> id == mask), settings.toString());
            for (int position = 0; position < 4; position++) {
                int given = batch.get(i).ids()[position];
                assertTrue(given == mask || given == alone.ids()[position], settings.toString());
            }
        }
    }
}
