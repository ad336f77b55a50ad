package dev.unmask.tests;

import java.util.SplittableRandom;

/**
 * How far apart the random numbers of a case lie in size: what they are multiplied by, beyond the magnitude that the
 * case gives them. Real gradients, and weights of attention, are of every size that float32 has at once; and what one
 * of them leaves behind in a register or a word may be all that its neighbour is.
 */
enum Spread {
    /** As the case has them. */
    NONE {
        @Override
        double factor(long seed, int operand, int row, SplittableRandom random) {
            return 1;
        }
    },
    /** Each number has its own size, down to the least subnormal one; some are zero. */
    NUMBERS {
        @Override
        double factor(long seed, int operand, int row, SplittableRandom random) {
            return random.nextInt(ZERO) == 0 ? 0 : scale(random, LEAST, MOST);
        }
    },
    /** Each row of an operand has its own size; some are zero. */
    ROWS {
        @Override
        double factor(long seed, int operand, int row, SplittableRandom random) {
            SplittableRandom own = new SplittableRandom(seed + 31L * operand + 1031L * row);
            return own.nextInt(ZERO) == 0 ? 0 : scale(own, LEAST, MOST);
        }
    },
    /** Each operand has its own size: scores of tens, and gradients of a millionth or near the end of float32. */
    OPERANDS {
        @Override
        double factor(long seed, int operand, int row, SplittableRandom random) {
            return SIZES[new SplittableRandom(seed + 31L * operand).nextInt(SIZES.length)];
        }
    };

    /** One number of so many is zero. */
    private static final int ZERO = 6;

    private static final double LEAST = -45;
    private static final double MOST = 1;
    private static final double[] SIZES = {10, 3, 1, 1e-7, 1e-20, 1e-30, 1e-38, 1e-42};

    /**
     * What a number is multiplied by.
     *
     * @param seed of the case
     * @param operand the operand's number within the case
     * @param row of the operand
     * @param random the case's own, for what differs from number to number
     */
    abstract double factor(long seed, int operand, int row, SplittableRandom random);

    private static double scale(SplittableRandom random, double least, double most) {
        return Math.pow(10, random.nextDouble(least, most));
    }
}
