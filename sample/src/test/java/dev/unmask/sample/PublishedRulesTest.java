package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Rules give the texts of the loops that their authors publish, by a denoiser whose answers are known. */
class PublishedRulesTest {
    private static final int MASK = JointDenoiser.MASK;
    private static final SamplerSettings GREEDY = SamplerSettings.defaults();

    private final JointDenoiser denoiser = JointDenoiser.entangled(6);
    private final MaskedSampler sampler = new MaskedSampler(denoiser);

    private static double max(double[] p) {
        return Arrays.stream(p).max().orElseThrow();
    }

    private static int argmax(double[] p) {
        return IntStream.range(0, p.length).reduce(0, (a, b) -> p[b] > p[a] ? b : a);
    }

    /** {@code confidence_threshold} as Fast-dLLM writes it for Dream, which adds steps until all is filled. */
    private int[] waiting(double threshold, int steps) {
        int[] x = denoiser.blank(0).ids();
        int each = 6 / steps;
        int waiting = 0;
        for (int step = 0, last = steps - 1; step <= last; step++) {
            double[][] p = denoiser.conditionals(x);
            int[] state = x.clone();
            List<Integer> best =
                    IntStream.range(0, 6)
                            .filter(i -> state[i] == MASK)
                            .boxed()
                            .sorted((a, b) -> Double.compare(max(p[b]), max(p[a])))
                            .limit(each + waiting)
                            .toList();
            waiting = 0;
            for (int rank = 0; rank < best.size(); rank++) {
                int i = best.get(rank);
                if (rank == 0 || max(p[i]) >= threshold) {
                    x[i] = argmax(p[i]);
                } else {
                    waiting++;
                }
            }
            if (step == last && waiting > 0) {
                each = 0;
                last++;
            }
        }
        return x;
    }

    @Test
    void whatFallsShortOfAThresholdWaitsBeyondTheLastStep() {
        for (double threshold : new double[] {0, 0.3, 0.5, 0.7, 1}) {
            for (int steps : new int[] {1, 2, 3, 6}) {
                SamplerSettings settings =
                        GREEDY.withCount(new ConfidentCount.EvenThreshold(threshold, OptionalInt.of(steps)));
                Sample sample = sampler.sample(List.of(denoiser.blank(0)), settings).getFirst();
                assertArrayEquals(waiting(threshold, steps), sample.ids(), threshold + " " + steps);
                if (threshold == 1) {
                    assertEquals(6, sample.evaluations(), "of one token each");
                }
            }
        }
    }

    /** P2 as its authors write it, at temperature 0, with a given number of masks after each step. */
    private int[] pathPlanning(double eta, int steps) {
        int[] x = denoiser.blank(0).ids();
        int left = 6;
        for (int step = 0; step < steps; step++) {
            left -= Math.ceilDiv((int) Arrays.stream(x).filter(id -> id == MASK).count(), steps - step);
            double[][] p = denoiser.conditionals(x);
            double[] score = new double[6];
            for (int i = 0; i < 6; i++) {
                score[i] = Math.log(max(p[i])) * (x[i] == MASK ? 1 : eta);
            }
            List<Integer> lowest =
                    IntStream.range(0, 6).boxed().sorted((a, b) -> Double.compare(score[a], score[b])).toList();
            for (int rank = 0; rank < 6; rank++) {
                int i = lowest.get(rank);
                if (rank < left) {
                    x[i] = MASK;
                } else if (x[i] == MASK) {
                    x[i] = argmax(p[i]);
                }
            }
        }
        return x;
    }

    @Test
    void pathPlanningIsWhatItsAuthorsWrite() {
        for (double eta : new double[] {0, 0.5, 1, 2, 5}) {
            for (int steps : new int[] {2, 3, 6}) {
                SamplerSettings settings = GREEDY.withSteps(steps).withRemasking(new Remasking.PathPlanning(eta));
                assertArrayEquals(
                        pathPlanning(eta, steps),
                        sampler.sample(List.of(denoiser.blank(0)), settings).getFirst().ids(),
                        eta + " " + steps);
            }
        }
    }
}
