package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Filters of logits on a device. See {@link Arguments} for how they find their operands. */
final class FilterKernels {
    /** Threads of a group, which has one row; the local array below is this long. */
    static final int GROUP = 128;

    private static final int HALF_GROUP = 64;
    private static final double LOWEST = -1e300;

    /** {@code Truncate.NEVER}. */
    private static final float NEVER = -1e30f;

    /** Half of the least positive float32; see {@link #at}. */
    private static final double UNIT = 7e-46;

    /** Where what is below {@link #NEVER} stands. */
    private static final double FIRST = -175;

    /** Where what is above all float32 stands. */
    private static final double LAST = 195;

    /**
     * Halvings of that interval after which any two neighbours of float32, whose places are 6e-8 apart, are told apart.
     */
    private static final int HALVINGS = 36;

    private FilterKernels() {}

    /**
     * Arguments: 1 logits, 2 settings, 3 rows, 4 width, 5 count, 6 first. All threads of a group halve the same
     * interval, so that its barriers are met by all.
     */
    static void truncate(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        double[] parts = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 4);
        int live = Arguments.live(words, words.get(row + 5), words.get(row + 6), words.get(row + 3));
        Floats logits = memory.at(words, row, 1).from(n * width);
        int seen = 0;
        if (n < live) {
            seen = width;
        }
        Floats settings = memory.at(words, row, 2);
        double temperature = settings.get(0);
        if (temperature == 0) {
            temperature = 1;
        }
        int most = (int) settings.get(1);
        double share = settings.get(2);
        double largest = LOWEST;
        for (int v = lane; v < seen; v += 128) {
            largest = Math.max(largest, logits.get(v));
        }
        parts[lane] = largest;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                parts[lane] = Math.max(parts[lane], parts[lane + stride]);
            }
        }
        k.localBarrier();
        largest = parts[0];

        // The k-th largest: at least `most` elements are not below `least`.
        double least = LOWEST;
        double low = FIRST;
        double high = LAST;
        int halvings = 0;
        if (most > 0 && most < width) {
            halvings = HALVINGS;
        }
        for (int i = 0; i < halvings; i++) {
            double middle = (low + high) / 2;
            double bound = at(middle);
            double count = 0;
            for (int v = lane; v < seen; v += 128) {
                if (logits.get(v) >= bound) {
                    count += 1;
                }
            }
            k.localBarrier();
            parts[lane] = count;
            for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
                k.localBarrier();
                if (lane < stride) {
                    parts[lane] = parts[lane] + parts[lane + stride];
                }
            }
            k.localBarrier();
            if (parts[0] >= most) {
                low = middle;
                least = bound;
            } else {
                high = middle;
            }
        }

        // Of those the mass: above `cut` stands more than the share. The first round adds up all.
        double cut = LOWEST;
        low = FIRST;
        high = LAST;
        halvings = 0;
        if (share < 1) {
            halvings = HALVINGS + 1;
        }
        double allowed = 0;
        for (int i = 0; i < halvings; i++) {
            double middle = (low + high) / 2;
            double bound = at(middle);
            if (i == 0) {
                bound = LOWEST;
            }
            double mass = 0;
            for (int v = lane; v < seen; v += 128) {
                double logit = logits.get(v);
                if (logit >= least && logit > bound) {
                    mass += Math.exp((logit - largest) / temperature);
                }
            }
            k.localBarrier();
            parts[lane] = mass;
            for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
                k.localBarrier();
                if (lane < stride) {
                    parts[lane] = parts[lane] + parts[lane + stride];
                }
            }
            k.localBarrier();
            if (i == 0) {
                allowed = share * parts[0];
            } else if (parts[0] <= allowed) {
                high = middle;
            } else {
                low = middle;
                cut = bound;
            }
        }
        for (int v = lane; v < seen; v += 128) {
            double logit = logits.get(v);
            if (logit < least || logit <= cut) {
                logits.set(v, NEVER);
            }
        }
    }

    /**
     * The number at a place: the logarithm of its size and its sign, so that halving an interval of places tells small
     * numbers apart as well as large ones.
     */
    private static double at(double place) {
        double size = Math.abs(place);
        return place / Math.max(size, Double.MIN_NORMAL) * (UNIT * (Math.exp(size) - 1));
    }

    /** Arguments: 1 logits, 2 seen, 3 sequences, 4 penalty, 5 rows, 6 width, 7 columns of seen, 8 count, 9 first. */
    static void penalize(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 6);
        int columns = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 8), words.get(row + 9), words.get(row + 5));
        if (n < live) {
            Floats logits = memory.at(words, row, 1).from(n * width);
            int sequence = words.get(words.get(row + 3) + words.get(row + 9) + n);
            int seen = words.get(row + 2) + sequence * columns;
            float penalty = memory.at(words, row, 4).get(0);
            for (int i = lane; i < columns; i += 128) {
                int token = words.get(seen + i);
                if (token >= 0 && token < width) {
                    float logit = logits.get(token);
                    if (logit > 0) {
                        logits.set(token, logit / penalty);
                    } else {
                        logits.set(token, logit * penalty);
                    }
                }
            }
        }
    }
}
