package dev.unmask.sample;

import java.util.OptionalInt;

/**
 * How many masked positions each step unmasks, where an {@link Order} says which ones come first (METHOD §4, §8.3).
 *
 * <p>A rule is asked twice: before the model is asked, so that a pass that can unmask nothing is spared, and, if it
 * goes by what the model says, once more afterwards.
 */
public interface Count {
    /** More steps than any sequence has positions change nothing; a slip of the keyboard is refused. */
    int MOST_STEPS = 1_000_000;

    /**
     * The number of steps.
     *
     * @return at least 1; empty: one for each masked position
     */
    OptionalInt steps();

    /**
     * The same rule with another number of steps.
     *
     * @param value at least 1
     * @return the rule
     */
    Count withSteps(int value);

    /**
     * Whether {@link #most} is the answer, whatever the model says.
     *
     * @return whether {@link #of} need not be asked
     */
    default boolean knownBeforehand() {
        return true;
    }

    /**
     * Whether {@link #most} and {@link #of} draw nothing.
     *
     * @return whether random numbers change nothing
     */
    default boolean deterministic() {
        return true;
    }

    /**
     * Whether a step unmasks at least one position as long as there is one.
     *
     * @return whether there are never more steps than positions
     */
    default boolean alwaysAdvances() {
        return true;
    }

    /**
     * Whether there may be more steps than {@link #steps} says, each of which unmasks a position at least.
     *
     * @return whether the last step may leave positions masked
     */
    default boolean overruns() {
        return false;
    }

    /**
     * How many positions a step unmasks at the most.
     *
     * @param step the step
     * @param positions the masked positions, ascending
     * @return 0 to their number; in the last step their number
     */
    int most(Step step, int[] positions);

    /**
     * How many positions a step unmasks.
     *
     * @param step the step
     * @param ranked the masked positions, best first
     * @param most what {@link #most} said
     * @return 0 to {@code most}
     */
    default int of(Step step, Ranked ranked, int most) {
        return most;
    }

    /**
     * The number of steps of a sequence.
     *
     * @param masked how many of its positions are masked before the first step
     * @return at least 1
     */
    default int steps(int masked) {
        return steps().orElse(Math.max(1, masked));
    }

    /**
     * One position a step, as many steps as there are masked positions.
     *
     * @return the default of all samplers
     */
    static Count oneByOne() {
        return new EvenSplit(OptionalInt.empty());
    }

    /**
     * As many positions in each step; what is left over is spread on the first steps, one each (LLaDA). With more steps
     * than positions each step unmasks one until none is left.
     *
     * @param steps at least 1; empty: one position a step
     */
    record EvenSplit(OptionalInt steps) implements Count {
        /** Checks the number. */
        public EvenSplit {
            Expect.steps(steps);
        }

        @Override
        public int most(Step step, int[] positions) {
            return Math.ceilDiv(positions.length, step.steps() - step.index());
        }

        @Override
        public EvenSplit withSteps(int value) {
            return new EvenSplit(OptionalInt.of(value));
        }
    }

    /**
     * SMDM's {@code floor(masked·(1 - s/t))} on its grid of times: with few positions a step nothing happens in the
     * first steps and the last one unmasks what the floor has left over. For reproducing published results.
     *
     * @param steps at least 1; empty: as many as there are masked positions
     * @param epsilon the last time of the grid, above 0 and below 1
     */
    record Smdm(OptionalInt steps, double epsilon) implements Count {
        /** The published end of the grid. */
        public static final double EPSILON = 1e-5;

        /** The end of the grid of Dream's published sampler. */
        public static final double DREAM_EPSILON = 1e-3;

        /** Checks the numbers. */
        public Smdm {
            Expect.steps(steps);
            TimeGrid.require(epsilon);
        }

        @Override
        public boolean alwaysAdvances() {
            return false;
        }

        @Override
        public int most(Step step, int[] positions) {
            return new TimeGrid(step.steps(), epsilon).count(step.index(), positions.length);
        }

        @Override
        public Smdm withSteps(int value) {
            return new Smdm(OptionalInt.of(value), epsilon);
        }
    }

    /**
     * Ancestral sampling of the reverse process: as many positions as there are draws below {@code 1 - s/t}, each
     * position having its own. In the order {@link Order#RANDOM} these are the very positions whose draws are below,
     * each unmasked independently of the others. With a token masked again with a chance of {@code σ}, the chance of
     * being unmasked is {@code (α_s - (1 - σ)·α_t) / (1 - α_t)} (ReMDM).
     *
     * @param steps at least 1; empty: as many as there are masked positions
     * @param epsilon the last time of the grid, above 0 and below 1
     */
    record Ancestral(OptionalInt steps, double epsilon) implements Count {
        /** Checks the numbers. */
        public Ancestral {
            Expect.steps(steps);
            TimeGrid.require(epsilon);
        }

        @Override
        public boolean deterministic() {
            return false;
        }

        @Override
        public boolean alwaysAdvances() {
            return false;
        }

        @Override
        public int most(Step step, int[] positions) {
            double chance = new TimeGrid(step.steps(), epsilon).unmasking(step.index(), step.remasked());
            int count = 0;
            for (int position : positions) {
                count += step.draw(position) < chance ? 1 : 0;
            }
            return count;
        }

        @Override
        public Ancestral withSteps(int value) {
            return new Ancestral(OptionalInt.of(value), epsilon);
        }
    }

    /**
     * MaskGIT's cosine: after step {@code k} of {@code K} a share of {@code cos(π/2·(k+1)/K)} is left, so that few
     * positions are unmasked while little is known and many later; at least one a step.
     *
     * @param steps at least 1; empty: as many as there are masked positions
     */
    record Cosine(OptionalInt steps) implements Count {
        /** Checks the number. */
        public Cosine {
            Expect.steps(steps);
        }

        @Override
        public int most(Step step, int[] positions) {
            if (step.last()) {
                return positions.length;
            }
            double left = Math.floor(step.initial() * Math.cos(Math.PI / 2 * (step.index() + 1) / step.steps()));
            return Math.clamp(positions.length - (long) left, Math.min(1, positions.length), positions.length);
        }

        @Override
        public Cosine withSteps(int value) {
            return new Cosine(OptionalInt.of(value));
        }
    }

    /**
     * As many as are needed to be done in time: the first pass unmasks one position and is measured, and the others
     * share what is left evenly among as many passes as still fit. The one dial of speed against quality; results
     * depend on the machine and on what else is in the batch.
     *
     * @param seconds above 0
     */
    record TimeBudget(double seconds) implements Count {
        /** Checks the number. */
        public TimeBudget {
            Expect.positive("seconds", seconds);
        }

        @Override
        public OptionalInt steps() {
            return OptionalInt.empty();
        }

        @Override
        public TimeBudget withSteps(int value) {
            return this;
        }

        @Override
        public int most(Step step, int[] positions) {
            Step.Clock clock = step.clock();
            if (positions.length == 0 || clock.pass() == 0) {
                return Math.min(1, positions.length);
            }
            double fitting = Math.floor((seconds - clock.elapsed()) / clock.pass());
            long all = positions.length + (long) step.later();
            return Math.clamp((long) Math.ceil(all / Math.max(1, fitting)), 1, positions.length);
        }
    }
}
