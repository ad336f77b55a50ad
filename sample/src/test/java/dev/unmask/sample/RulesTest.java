package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.UnmaskException;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** What each rule does, step by step, by a denoiser whose answers are known. */
class RulesTest {
    private static final int MASK = JointDenoiser.MASK;
    private static final SamplerSettings GREEDY = SamplerSettings.defaults();

    private final JointDenoiser denoiser = JointDenoiser.entangled(6);
    private final MaskedSampler sampler = new MaskedSampler(denoiser);

    /** The positions that each step unmasks. */
    private List<List<Integer>> steps(SamplerSettings settings) {
        List<List<Integer>> steps = new ArrayList<>();
        sampler.sample(
                List.of(denoiser.blank(0)),
                settings,
                step -> steps.add(Arrays.stream(step.sequences().getFirst().unmasked()).boxed().toList()));
        return steps;
    }

    private List<Integer> sizes(SamplerSettings settings) {
        return steps(settings).stream().map(List::size).toList();
    }

    /** The probability of the likeliest token at each masked position, ranked. */
    private List<Integer> byConfidence(int[] ids) {
        double[][] p = denoiser.conditionals(ids);
        return IntStream.range(0, ids.length)
                .filter(i -> ids[i] == MASK)
                .boxed()
                .sorted((a, b) -> Double.compare(max(p[b]), max(p[a])))
                .toList();
    }

    private static double max(double[] p) {
        return Arrays.stream(p).max().orElseThrow();
    }

    @Test
    void aPredictionThatIsNoNumberIsTheModelsFaultAndNotOurs() {
        UnmaskException refused =
                assertThrows(UnmaskException.class, () -> Ranking.best(new double[] {1, Double.NaN}, 1));
        assertTrue(refused.getMessage().startsWith("model: found a prediction that is not a number"));
    }

    @Test
    void leftToRightIsAnOrder() {
        assertEquals(
                List.of(List.of(0, 1), List.of(2, 3), List.of(4, 5)),
                steps(GREEDY.withOrder(Order.LEFT_TO_RIGHT).withSteps(3)));
    }

    @Test
    void theCosineUnmasksFewAtFirst() {
        assertEquals(List.of(1, 2, 3), sizes(GREEDY.withCount(new Count.Cosine(OptionalInt.of(3)))));
        assertEquals(List.of(1, 1, 1, 1, 1, 1), sizes(GREEDY.withCount(new Count.Cosine(OptionalInt.empty()))));
    }

    @Test
    void aThresholdTakesAllThatTheModelIsSureOfAndAtLeastOne() {
        int[] blank = denoiser.blank(0).ids();
        List<Integer> ranked = byConfidence(blank);
        double[][] p = denoiser.conditionals(blank);
        double threshold = (max(p[ranked.get(2)]) + max(p[ranked.get(3)])) / 2;
        List<Integer> first =
                steps(GREEDY.withCount(new ConfidentCount.Threshold(threshold, OptionalInt.empty()))).getFirst();
        assertEquals(ranked.subList(0, 3).stream().sorted().toList(), first);
        assertEquals(
                List.of(1, 1, 1, 1, 1, 1),
                sizes(GREEDY.withCount(new ConfidentCount.Threshold(1, OptionalInt.empty()))));
        assertEquals(List.of(1, 5), sizes(GREEDY.withCount(new ConfidentCount.Threshold(1, OptionalInt.of(2)))));
        assertEquals(List.of(6), sizes(GREEDY.withCount(new ConfidentCount.Threshold(0, OptionalInt.empty()))));
    }

    @Test
    void theFactorRuleAsksForMoreTheMoreAreTaken() {
        // The n-th is taken if p ≥ 1 - factor/(n + 1).
        Count factor = new ConfidentCount.Factor(1, OptionalInt.empty());
        Step step = new Step(0, 9, 5, 5, 0, 0, Step.Clock.START, position -> 0.5);
        assertEquals(3, factor.of(step, ranked(0.2, 0.67, 0.76, 0.79, 0.9), 5));
        assertEquals(1, factor.of(step, ranked(0.2, 0.66), 2));
        assertEquals(5, new ConfidentCount.Factor(9, OptionalInt.empty()).of(step, ranked(0, 0, 0, 0, 0), 5));
    }

    @Test
    void anEntropyBudgetAddsUpAllButTheLargest() {
        Step step = new Step(0, 9, 4, 4, 0, 0, Step.Clock.START, position -> 0.5);
        Ranked ranked =
                new Ranked() {
                    @Override
                    public int size() {
                        return 4;
                    }

                    @Override
                    public double confidence(int rank) {
                        return 0;
                    }

                    @Override
                    public double entropy(int rank) {
                        return new double[] {0.25, 0.5, 1, 2}[rank];
                    }
                };
        assertEquals(1, new ConfidentCount.EntropyBudget(0.2, OptionalInt.empty()).of(step, ranked, 4));
        assertEquals(2, new ConfidentCount.EntropyBudget(0.25, OptionalInt.empty()).of(step, ranked, 4));
        assertEquals(3, new ConfidentCount.EntropyBudget(0.75, OptionalInt.empty()).of(step, ranked, 4));
        assertEquals(4, new ConfidentCount.EntropyBudget(1.75, OptionalInt.empty()).of(step, ranked, 4));
    }

    private static Ranked ranked(double... confidences) {
        return new Ranked() {
            @Override
            public int size() {
                return confidences.length;
            }

            @Override
            public double confidence(int rank) {
                return confidences[rank];
            }

            @Override
            public double entropy(int rank) {
                return 0;
            }
        };
    }

    @Test
    void blocksAreFilledFromLeftToRightAndShareTheSteps() {
        SamplerSettings settings = GREEDY.withBlocks(Blocks.of(2)).withSteps(3);
        assertEquals(List.of(List.of(0, 1), List.of(2, 3), List.of(4, 5)), steps(settings));
        List<List<Integer>> one = steps(GREEDY.withBlocks(Blocks.of(4)));
        assertTrue(Set.of(0, 1, 2, 3).containsAll(one.subList(0, 4).stream().flatMap(List::stream).toList()));
        assertEquals(6, one.size());
    }

    @Test
    void blocksBeginAtTheFirstMaskAndThoseWithoutMasksTakeNoSteps() {
        int[] ids = {1, MASK, 0, 2, 1, MASK};
        List<List<Integer>> steps = new ArrayList<>();
        sampler.sample(
                List.of(MaskedSequence.infilling(ids, MASK, 0)),
                GREEDY.withBlocks(Blocks.of(2)),
                step -> steps.add(Arrays.stream(step.sequences().getFirst().unmasked()).boxed().toList()));
        assertEquals(List.of(List.of(1), List.of(5)), steps);
    }

    @Test
    void passesThatRevealNothingAreSpared() {
        SamplerSettings ancestral =
                GREEDY.withOrder(Order.RANDOM).withCount(new Count.Ancestral(OptionalInt.of(1000), 1e-5));
        Sample sample = sampler.sample(List.of(denoiser.blank(0)), ancestral).getFirst();
        assertTrue(sample.evaluations() <= 6);
        assertEquals(sample.evaluations(), denoiser.passes);
    }

    @Test
    void anOrderThatIsKnownBeforehandAsksOnlyWhereItUnmasks() {
        int[] asked = {0};
        Denoiser counting = counting(asked);
        new MaskedSampler(counting).sample(List.of(denoiser.blank(0)), GREEDY.withOrder(Order.RANDOM));
        assertEquals(6, asked[0]);
        asked[0] = 0;
        new MaskedSampler(counting).sample(List.of(denoiser.blank(0)), GREEDY);
        assertEquals(6 + 5 + 4 + 3 + 2 + 1, asked[0]);
    }

    private Denoiser counting(int[] asked) {
        return new Watched(denoiser, queries -> queries.forEach(query -> asked[0] += query.positions().length));
    }

    @Test
    void guidanceTakesPlaceInItsIntervalOnly() {
        MaskedSequence prompted = MaskedSequence.continuing(new int[] {1, 2}, 6, MASK, 0);
        SamplerSettings half = GREEDY.withGuidance(new Guidance(2, 0.5, 1));
        // Shares of 4/4, 3/4 and 2/4 are guided and take two passes each, 1/4 is not.
        assertEquals(7, sampler.sample(List.of(prompted), half).getFirst().evaluations());
        assertEquals(8, sampler.sample(List.of(prompted), GREEDY.withGuidance(2)).getFirst().evaluations());
        assertEquals(4, sampler.sample(List.of(prompted), GREEDY).getFirst().evaluations());
    }

    @Test
    void anEndFinishesASequenceAndFillsTheRest() {
        SamplerSettings leftToRight = GREEDY.withOrder(Order.LEFT_TO_RIGHT);
        int[] full = sampler.sample(List.of(denoiser.blank(0)), leftToRight).getFirst().ids();
        int end = full[1];
        int first = IntStream.range(0, 6).filter(i -> full[i] == end).findFirst().orElseThrow();
        Sample stopped =
                sampler.sample(List.of(denoiser.blank(0)), leftToRight.withStop(Stop.at(Set.of(end)))).getFirst();
        assertEquals(first + 1, stopped.evaluations());
        for (int i = 0; i < 6; i++) {
            assertEquals(i <= first ? full[i] : end, stopped.ids()[i]);
        }
    }

    @Test
    void anEndBehindMasksDoesNotFinishASequence() {
        // The last position is an end from the start of the sampling, as given text, and never counts.
        int[] ids = {MASK, MASK, MASK, MASK, MASK, 2};
        Sample sample =
                sampler.sample(
                                List.of(MaskedSequence.infilling(ids, MASK, 0)),
                                GREEDY.withStop(new Stop(Set.of(2), true, Stop.Treatment.SUPPRESSED)))
                        .getFirst();
        assertEquals(5, sample.evaluations());
        assertTrue(Arrays.stream(sample.ids()).limit(5).noneMatch(id -> id == 2));
    }

    @Test
    void endsComeLastWhereTheyAreNotTrusted() {
        for (int end = 0; end < JointDenoiser.VOCABULARY; end++) {
            Set<Integer> ends = Set.of(end);
            SamplerSettings last = GREEDY.withStop(Stop.FIXED_LENGTH);
            List<int[]> states = new ArrayList<>();
            sampler.sample(
                    List.of(denoiser.blank(0)),
                    last.withStop(new Stop(ends, false, Stop.Treatment.LAST)),
                    step -> states.add(step.sequences().getFirst().ids()));
            int[] before = denoiser.blank(0).ids();
            for (int[] now : states) {
                double[][] p = denoiser.conditionals(before);
                int[] state = before;
                int placed =
                        IntStream.range(0, 6).filter(i -> state[i] == MASK && now[i] != MASK).findFirst().orElseThrow();
                boolean onlyEnds =
                        IntStream.range(0, 6).filter(i -> state[i] == MASK).allMatch(i -> ends.contains(argmax(p[i])));
                assertTrue(onlyEnds || !ends.contains(now[placed]));
                before = now;
            }
        }
    }

    private static int argmax(double[] p) {
        return IntStream.range(0, p.length).reduce(0, (a, b) -> p[b] > p[a] ? b : a);
    }

    @Test
    void editingReplacesWhatAllTokensTogetherSpeakAgainst() {
        // Only these two texts are probable; filled at once, positions may disagree.
        double[] joint = new double[81];
        Arrays.fill(joint, 1e-6);
        joint[JointDenoiser.number(new int[] {0, 0, 0, 0})] = 0.5;
        joint[JointDenoiser.number(new int[] {1, 1, 1, 1})] = 0.4999;
        JointDenoiser two = new JointDenoiser(4, joint);
        SamplerSettings atOnce = GREEDY.withTemperature(1).withSteps(1);
        int disagreeing = 0;
        for (int stream = 0; stream < 50; stream++) {
            int[] plain = new MaskedSampler(two).sample(List.of(two.blank(stream)), atOnce).getFirst().ids();
            SamplerSettings editing = atOnce.withRemasking(Remasking.Editing.PUBLISHED);
            Sample edited = new MaskedSampler(two).sample(List.of(two.blank(stream)), editing).getFirst();
            int ones = Arrays.stream(plain).sum();
            if (ones == 1 || ones == 3) {
                disagreeing++;
                assertEquals(1, Arrays.stream(edited.ids()).distinct().count());
                assertEquals(3, edited.evaluations());
            } else if (ones == 0 || ones == 4) {
                assertArrayEquals(plain, edited.ids());
                assertEquals(2, edited.evaluations());
            }
        }
        assertTrue(disagreeing > 10);
    }

    @Test
    void aListenerSeesTokensConfidencesAndWhatIsMaskedAgain() {
        boolean[] remasked = {false};
        int[] state = denoiser.blank(0).ids();
        sampler.sample(
                List.of(denoiser.blank(0)),
                GREEDY.withTemperature(1)
                        .withSteps(12)
                        .withRemasking(new Remasking.Remdm(Remasking.Remdm.Kind.RESCALE, 0.5)),
                step -> {
                    SamplingStep.Progress now = step.sequences().getFirst();
                    for (int i = 0; i < now.unmasked().length; i++) {
                        state[now.unmasked()[i]] = now.ids()[now.unmasked()[i]];
                        assertTrue(now.logConfidence()[i] <= 0);
                    }
                    for (int position : now.remasked()) {
                        remasked[0] = true;
                        state[position] = MASK;
                    }
                    assertArrayEquals(state, now.ids());
                });
        assertTrue(remasked[0]);
        assertTrue(Arrays.stream(state).noneMatch(id -> id == MASK));
    }

    @Test
    void aCancelledSamplingEndsBeforeTheNextPass() {
        SamplingListener impatient =
                new SamplingListener() {
                    private int steps;

                    @Override
                    public void onStep(SamplingStep step) {
                        steps++;
                    }

                    @Override
                    public boolean cancelled() {
                        return steps == 2;
                    }
                };
        assertThrows(CancellationException.class, () -> sampler.sample(List.of(denoiser.blank(0)), GREEDY, impatient));
        assertEquals(2, denoiser.passes);
    }

    /** Each pass takes a tenth of a second by a clock that only passes move. */
    private int passes(double seconds) {
        AtomicLong nanos = new AtomicLong();
        Denoiser slow = new Watched(denoiser, queries -> nanos.addAndGet(100_000_000));
        return new MaskedSampler(slow, nanos::get)
                .sample(List.of(denoiser.blank(0)), GREEDY.withCount(new Count.TimeBudget(seconds)))
                .getFirst()
                .evaluations();
    }

    @Test
    void aTimeBudgetBuysAsManyPassesAsFit() {
        assertEquals(6, passes(100));
        assertEquals(6, passes(0.65));
        assertEquals(4, passes(0.45));
        assertEquals(3, passes(0.35));
        assertEquals(2, passes(0.25));
        assertEquals(2, passes(0.01));
    }
}
