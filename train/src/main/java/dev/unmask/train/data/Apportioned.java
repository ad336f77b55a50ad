package dev.unmask.train.data;

import dev.unmask.tensor.Philox;

import java.util.Arrays;
import java.util.List;

/**
 * Which of some sources stands at a position, in proportion to weights: a pattern of {@value #PERIOD} positions, of
 * which each source has as many as its weight says, comes again and again, each time in another random order. So the
 * k-th position of a source is known without counting from the beginning.
 */
final class Apportioned {
    static final int PERIOD = 1 << 12;

    private final int sources;
    private final long seed;

    /** The source of each slot of the pattern, before it is put in another order. */
    private final int[] slots = new int[PERIOD];

    private final int[] share;

    /** The last period that was asked for. */
    private volatile Period last = new Period(-1, new int[0], new int[0]);

    /** The sources of a period, and how often each occurred in it before. */
    private record Period(long number, int[] source, int[] before) {}

    /**
     * A source and which of its own positions this is.
     *
     * @param source from 0
     * @param turn from 0
     */
    record Turn(int source, long turn) {}

    Apportioned(List<Double> weights, long seed) {
        this.sources = weights.size();
        this.seed = seed;
        this.share = shares(weights);
        int slot = 0;
        for (int source = 0; source < sources; source++) {
            Arrays.fill(slots, slot, slot + share[source], source);
            slot += share[source];
        }
    }

    /** By the largest remainders; at least one each. */
    private static int[] shares(List<Double> weights) {
        double sum = weights.stream().mapToDouble(Double::doubleValue).sum();
        int[] shares = new int[weights.size()];
        double[] remainder = new double[weights.size()];
        int left = PERIOD;
        for (int i = 0; i < shares.length; i++) {
            double exact = weights.get(i) / sum * PERIOD;
            shares[i] = Math.max(1, (int) exact);
            remainder[i] = exact - shares[i];
            left -= shares[i];
        }
        for (; left != 0; left -= Integer.signum(left)) {
            int chosen = 0;
            for (int i = 1; i < shares.length; i++) {
                boolean better = left > 0 ? remainder[i] > remainder[chosen] : remainder[i] < remainder[chosen];
                chosen = better ? i : chosen;
            }
            shares[chosen] += Integer.signum(left);
            remainder[chosen] -= Integer.signum(left);
        }
        return shares;
    }

    Turn at(long position) {
        Period period = last;
        if (period.number() != position / PERIOD) {
            period = period(position / PERIOD);
            last = period;
        }
        int at = (int) (position % PERIOD);
        int source = period.source()[at];
        return new Turn(source, period.number() * share[source] + period.before()[at]);
    }

    private Period period(long number) {
        int[] source = new int[PERIOD];
        int[] before = new int[PERIOD];
        int[] counts = new int[sources];
        for (int i = 0; i < PERIOD; i++) {
            source[i] = slots[(int) Philox.permute(seed, number, PERIOD, i)];
            before[i] = counts[source[i]]++;
        }
        return new Period(number, source, before);
    }
}
