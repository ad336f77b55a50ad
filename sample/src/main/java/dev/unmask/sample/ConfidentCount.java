package dev.unmask.sample;

import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** How many masked positions a step unmasks by how sure the model is of them, at least one each. */
public final class ConfidentCount {
    private ConfidentCount() {}

    /** As many positions as there are from the first in order on of which the model is sure, at least one. */
    private interface AsSure extends Count {
        /** Asked of one rank after the other, until it fails. */
        IntPredicate sure(Ranked ranked);

        @Override
        default boolean knownBeforehand() {
            return false;
        }

        @Override
        default int most(Step step, int[] positions) {
            return positions.length;
        }

        @Override
        default int of(Step step, Ranked ranked, int most) {
            return step.last() && !overruns() ? most : Math.min(most, leading(ranked, sure(ranked)));
        }
    }

    /**
     * As many as the model is sure of (Fast-dLLM): from the first in order on, up to one whose {@code p} is below a
     * threshold; at least one.
     *
     * @param threshold 0 to 1
     * @param steps at least 1; the last one unmasks everything; empty: as many as it takes
     */
    public record Threshold(double threshold, OptionalInt steps) implements AsSure {
        /** Checks the numbers. */
        public Threshold {
            Expect.fraction("confidence threshold", threshold);
            Expect.steps(steps);
        }

        @Override
        public IntPredicate sure(Ranked ranked) {
            return rank -> ranked.confidence(rank) >= threshold;
        }

        @Override
        public Threshold withSteps(int value) {
            return new Threshold(threshold, OptionalInt.of(value));
        }
    }

    /**
     * As many as an even split has allowed so far, but of those only what the model is sure of, and at least one
     * (Fast-dLLM's rule for Dream): what falls short waits and may come in a later step, after the last one too.
     *
     * @param threshold 0 to 1
     * @param steps of the even split, at least 1; empty: as many as there are masked positions
     */
    public record EvenThreshold(double threshold, OptionalInt steps) implements AsSure {
        /** Checks the numbers. */
        public EvenThreshold {
            Expect.fraction("confidence threshold", threshold);
            Expect.steps(steps);
        }

        @Override
        public int most(Step step, int[] positions) {
            long allowed = Math.ceilDiv((step.index() + 1L) * step.initial(), step.steps());
            long taken = step.initial() - (long) positions.length;
            return Math.clamp(allowed - taken, Math.min(1, positions.length), positions.length);
        }

        @Override
        public boolean overruns() {
            return true;
        }

        @Override
        public IntPredicate sure(Ranked ranked) {
            return rank -> ranked.confidence(rank) >= threshold;
        }

        @Override
        public EvenThreshold withSteps(int value) {
            return new EvenThreshold(threshold, OptionalInt.of(value));
        }
    }

    /**
     * As many as can be right together (Fast-dLLM): the {@code n}-th in order is taken if {@code p ≥ 1 - factor/(n +
     * 1)}, up to the first that is not; at least one.
     *
     * @param factor above 0
     * @param steps at least 1; the last one unmasks everything; empty: as many as it takes
     */
    public record Factor(double factor, OptionalInt steps) implements AsSure {
        /** Checks the numbers. */
        public Factor {
            Expect.positive("factor", factor);
            Expect.steps(steps);
        }

        @Override
        public IntPredicate sure(Ranked ranked) {
            return rank -> ranked.confidence(rank) >= 1 - factor / (rank + 2);
        }

        @Override
        public Factor withSteps(int value) {
            return new Factor(factor, OptionalInt.of(value));
        }
    }

    /**
     * As many as are nearly independent (EB-Sampler): in order while the sum of the entropies less the largest of them,
     * a bound of what the positions tell of each other, is within a budget; at least one.
     *
     * @param budget nats, at least 0
     * @param steps at least 1; the last one unmasks everything; empty: as many as it takes
     */
    public record EntropyBudget(double budget, OptionalInt steps) implements AsSure {
        /** Checks the numbers. */
        public EntropyBudget {
            Expect.nonNegative("entropy budget", budget);
            Expect.steps(steps);
        }

        @Override
        public IntPredicate sure(Ranked ranked) {
            double[] sumAndLargest = new double[2];
            return rank -> {
                double entropy = ranked.entropy(rank);
                sumAndLargest[0] += entropy;
                sumAndLargest[1] = Math.max(sumAndLargest[1], entropy);
                return sumAndLargest[0] - sumAndLargest[1] <= budget;
            };
        }

        @Override
        public EntropyBudget withSteps(int value) {
            return new EntropyBudget(budget, OptionalInt.of(value));
        }
    }

    /** How many come before the first that fails, but at least one. */
    private static int leading(Ranked ranked, IntPredicate taken) {
        int count = 0;
        while (count < ranked.size() && (taken.test(count) || count == 0)) {
            count++;
        }
        return count;
    }
}
