package dev.unmask.tensor;

/**
 * Random numbers as a pure function of (seed, purpose, step, index): Philox 4x32-10 (Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). There is no generator state to save, and neither the number of threads nor
 * the order of evaluation can change a number.
 *
 * <p>A kernel of another device re-implements this layout, in 32-bit words:
 *
 * <pre>
 * key     = (seed low, seed high)
 * counter = (index low, index high | purpose &lt;&lt; 24, step low, step high)
 * output  = (x0, x1, x2, x3)
 * </pre>
 *
 * with {@code index} in {@code [0, 2^56)} and {@code purpose} the {@link Purpose#key() key} of the purpose in {@code
 * [0, 256)}, so that two different (purpose, step, index) never share a counter. An index out of range is the caller's
 * mistake and is refused by an assertion only, as this is called for every logit.
 */
public final class Philox {
    /** Indices are below this: the eight bits above belong to the purpose. */
    public static final long INDICES = 1L << 56;

    private static final int ROUNDS = 10;
    private static final int MULTIPLIER_0 = 0xD2511F53;
    private static final int MULTIPLIER_1 = 0xCD9E8D57;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;

    private static final int FEISTEL_ROUNDS = 8;

    private Philox() {}

    /**
     * What random numbers are for. Each purpose is a stream of its own. A key is part of what makes a run reproducible:
     * add purposes, never renumber them.
     */
    public enum Purpose {
        /** Initial weights. */
        INIT(0),
        /** The order of examples in an epoch. */
        SHUFFLE(1),
        /** Where a sequence is cut out of a document. */
        CROP(2),
        /** The lengths of training sequences. */
        LENGTH(3),
        /** The noise level {@code t} of a training sequence. */
        NOISE_LEVEL(4),
        /** Which tokens the forward process masks. */
        MASK(5),
        /** The Gumbel noise by which a token is drawn. */
        GUMBEL(6),
        /** Which positions a sampler unmasks. */
        ORDER(7),
        /** Which positions a sampler masks again. */
        REMASK(8),
        /** Monte Carlo estimates of likelihoods. */
        LIKELIHOOD(9),
        /** Examples that are generated, not read. */
        SYNTHESIS(10),
        /** Whether a training sequence loses its prompt. */
        PROMPT(11),
        /** What is dropped of what goes into a low-rank adapter. */
        DROPOUT(12);

        private final int key;

        Purpose(int key) {
            this.key = key;
        }

        /**
         * What stands for this purpose in the counter.
         *
         * @return a number in {@code [0, 256)}
         */
        public int key() {
            return key;
        }
    }

    /**
     * 128 random bits: {@code x0, x1, x2, x3}.
     *
     * @param seed the seed of the run
     * @param purpose the stream
     * @param step the training or sampling step
     * @param index which number of the step, in {@code [0, 2^56)}
     * @param into receives the four words
     */
    public static void block(long seed, Purpose purpose, long step, long index, int[] into) {
        long lower = words(false, seed, purpose, step, index);
        long upper = words(true, seed, purpose, step, index);
        into[0] = (int) (lower >>> 32);
        into[1] = (int) lower;
        into[2] = (int) (upper >>> 32);
        into[3] = (int) upper;
    }

    /**
     * 32 random bits: {@code x0}.
     *
     * @param seed the seed of the run
     * @param purpose the stream
     * @param step the training or sampling step
     * @param index which number of the step, in {@code [0, 2^56)}
     * @return every {@code int} is equally likely
     */
    public static int bits(long seed, Purpose purpose, long step, long index) {
        return (int) (words(false, seed, purpose, step, index) >>> 32);
    }

    /**
     * A float in the open interval (0, 1): {@code (2·(x0 >>> 9) + 1)·2^-24}.
     *
     * @param seed the seed of the run
     * @param purpose the stream
     * @param step the training or sampling step
     * @param index which number of the step, in {@code [0, 2^56)}
     * @return one of the 2^23 odd multiples of 2^-24, never 0, never 1
     */
    public static float uniform24(long seed, Purpose purpose, long step, long index) {
        return (2 * (bits(seed, purpose, step, index) >>> 9) + 1) * 0x1p-24f;
    }

    /**
     * A double in the open interval (0, 1): {@code (2·((x0·2^32 + x1) >>> 12) + 1)·2^-53}.
     *
     * @param seed the seed of the run
     * @param purpose the stream
     * @param step the training or sampling step
     * @param index which number of the step, in {@code [0, 2^56)}
     * @return one of the 2^52 odd multiples of 2^-53, never 0, never 1
     */
    public static double uniform53(long seed, Purpose purpose, long step, long index) {
        return openUnit(words(false, seed, purpose, step, index));
    }

    /**
     * A draw from the standard normal distribution (Box and Muller 1958): {@code √(-2·ln u)·cos(2π·v)}, with {@code u}
     * of {@code (x0, x1)} and {@code v} of {@code (x2, x3)} as in {@link #uniform53}. {@link StrictMath} makes it the
     * same bits on every machine.
     *
     * @param seed the seed of the run
     * @param purpose the stream
     * @param step the training or sampling step
     * @param index which number of the step, in {@code [0, 2^56)}
     * @return mean 0, variance 1, magnitude below 8.6
     */
    public static double gaussian(long seed, Purpose purpose, long step, long index) {
        double radius = Math.sqrt(-2 * StrictMath.log(openUnit(words(false, seed, purpose, step, index))));
        return radius * StrictMath.cos(2 * Math.PI * openUnit(words(true, seed, purpose, step, index)));
    }

    /**
     * An integer in {@code [0, bound)}: {@code (x0·2^32 + x1)·bound / 2^64}, rounded down.
     *
     * @param seed the seed of the run
     * @param purpose the stream
     * @param step the training or sampling step
     * @param index which number of the step, in {@code [0, 2^56)}
     * @param bound at least 1
     * @return equally likely values, to within 2^-64 in the probability of each
     * @throws IllegalArgumentException if the bound is below 1
     */
    public static long bounded(long seed, Purpose purpose, long step, long index, long bound) {
        if (bound < 1) {
            throw new IllegalArgumentException(
                    "a random integer below " + bound + " was asked for; use a bound of 1 up");
        }
        return Math.unsignedMultiplyHigh(words(false, seed, purpose, step, index), bound);
    }

    /**
     * Where entry {@code i} of {@code n} goes in the shuffle of an epoch: a permutation without a table, for data far
     * larger than memory.
     *
     * <p>A balanced Feistel network of eight rounds on the least even number of bits that holds {@code n} values, with
     * {@link #bits} of (seed, {@link Purpose#SHUFFLE}, epoch, {@code round·2^32 + right half}) as its round function;
     * results of {@code n} and above are sent through again until one is below (cycle walking; Black and Rogaway 2002).
     *
     * @param seed the seed of the run
     * @param epoch each has a shuffle of its own
     * @param n the number of entries, at least 1
     * @param i the entry, in {@code [0, n)}
     * @return a value in {@code [0, n)}, another for each {@code i}
     * @throws IllegalArgumentException if {@code i} is not in {@code [0, n)}
     */
    public static long permute(long seed, long epoch, long n, long i) {
        if (i < 0 || i >= n) {
            throw new IllegalArgumentException(
                    "entry " + i + " of a permutation of " + n + " entries was asked for; use one in [0, " + n + ")");
        }
        int half = (65 - Long.numberOfLeadingZeros(n - 1)) / 2;
        long mask = (1L << half) - 1;
        long value = i;
        do {
            long left = value >>> half;
            long right = value & mask;
            for (int round = 0; round < FEISTEL_ROUNDS; round++) {
                long mixed = left ^ (bits(seed, Purpose.SHUFFLE, epoch, (long) round << 32 | right) & mask);
                left = right;
                right = mixed;
            }
            value = left << half | right;
            // With n above 2^62 the network has 64 bits, so what it returns is unsigned.
        } while (Long.compareUnsigned(value, n) >= 0);
        return value;
    }

    private static double openUnit(long words) {
        return (2 * (words >>> 12) + 1) * 0x1p-53;
    }

    private static long words(boolean upper, long seed, Purpose purpose, long step, long index) {
        assert index >= 0 && index < INDICES : "index " + index + " is not in [0, 2^56)";
        return words(upper, seed, index | (long) purpose.key() << 56, step);
    }

    /**
     * Half of an output block, as one long so that nothing is allocated.
     *
     * @param upper false for {@code x0·2^32 + x1}, true for {@code x2·2^32 + x3}
     * @param key its lower word first
     * @param counter01 the first two words of the counter, the lower one first
     * @param counter23 the last two
     */
    static long words(boolean upper, long key, long counter01, long counter23) {
        int k0 = (int) key;
        int k1 = (int) (key >>> 32);
        int c0 = (int) counter01;
        int c1 = (int) (counter01 >>> 32);
        int c2 = (int) counter23;
        int c3 = (int) (counter23 >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = (MULTIPLIER_0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
            long product1 = (MULTIPLIER_1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
            c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        return upper ? (long) c2 << 32 | c3 & 0xFFFFFFFFL : (long) c0 << 32 | c1 & 0xFFFFFFFFL;
    }
}
