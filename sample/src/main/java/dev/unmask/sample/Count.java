package dev.unmask.sample;

import java.util.OptionalInt;

/**
 * How many of a sequence's masked positions each step unmasks, where an order says which ones come first (METHOD §4,
 * §8.3). Ancestral sampling, which draws for each position whether it is unmasked, takes only the number of steps.
 */
public sealed interface Count {
    /** More steps than any sequence has positions change nothing; a slip of the keyboard is refused. */
    int MOST_STEPS = 1_000_000;

    /**
     * The number of steps.
     *
     * @return at least 1; empty: one for each masked position
     */
    OptionalInt steps();

    /**
     * How many positions a step unmasks.
     *
     * @param step from 0
     * @param steps how many steps there are
     * @param masked how many positions are still masked
     * @return 0 to {@code masked}; in the last step {@code masked}
     */
    int of(int step, int steps, int masked);

    /**
     * The same rule with another number of steps.
     *
     * @param value at least 1
     * @return the rule
     */
    Count withSteps(int value);

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
     * As many positions in each step; what is left over is spread on the first steps, one each (LLaDA). With more steps
     * than positions each step unmasks one until none is left.
     *
     * @param steps at least 1; empty: one position a step
     */
    record EvenSplit(OptionalInt steps) implements Count {
        /** Checks the number. */
        public EvenSplit {
            require(steps);
        }

        @Override
        public int of(int step, int steps, int masked) {
            return Math.ceilDiv(masked, steps - step);
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

        /** Checks the numbers. */
        public Smdm {
            require(steps);
            Expect.that(epsilon > 0 && epsilon < 1, "epsilon: found %s, expected a number between 0 and 1", epsilon);
        }

        @Override
        public int of(int step, int steps, int masked) {
            return new TimeGrid(steps, epsilon).count(step, masked);
        }

        @Override
        public Smdm withSteps(int value) {
            return new Smdm(OptionalInt.of(value), epsilon);
        }
    }

    /**
     * One position a step, as many steps as there are masked positions.
     *
     * @return the default of all samplers
     */
    static Count oneByOne() {
        return new EvenSplit(OptionalInt.empty());
    }

    private static void require(OptionalInt steps) {
        steps.ifPresent(value -> {
            Expect.atLeast("steps", value, 1);
            Expect.that(value <= MOST_STEPS, "steps: found %d, expected at most %d", value, MOST_STEPS);
        });
    }
}
