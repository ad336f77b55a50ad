package dev.unmask.sample;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import java.util.stream.IntStream;

/**
 * The masked targets that an estimator of METHOD §5.1 looks at: groups that are independent of each other, each of
 * which estimates the negative log-likelihood by {@code Σ weight·crossEntropy}.
 */
sealed interface Draws {
    /**
     * One masked target; places count from the target's first token.
     *
     * @param hidden the places that are masked
     * @param scored the masked places whose cross-entropy counts
     * @param weight what each counts
     */
    record Draw(int[] hidden, int[] scored, double weight) {}

    int groups();

    int groupSize();

    /** Draw {@code member} of a group. */
    Draw draw(int group, int member);

    /** Whether one group is the exact answer. */
    default boolean exact() {
        return false;
    }

    static Draws of(LikelihoodSettings settings, int length) {
        // A single token is all that these hide, so every sample would be the same pass. A rate may hide nothing.
        if (length == 1
                && (settings.estimator() == Estimator.MASK_COUNT || settings.estimator() == Estimator.ANY_ORDER)) {
            return new ChainRule(length);
        }
        return switch (settings.estimator()) {
            case MONTE_CARLO -> new MonteCarlo(settings, length);
            case CHAIN_RULE -> new ChainRule(length);
            case MASK_COUNT -> new MaskCount(settings, length);
            case ANY_ORDER -> new AnyOrder(settings, length);
            case DUEL -> throw new IllegalArgumentException("an order by the model is not known before it is asked");
        };
    }

    /** Each place masked with probability {@code t}, weight {@code 1/t}; the times of a group evenly spread. */
    record MonteCarlo(LikelihoodSettings settings, int length) implements Draws {
        @Override
        public int groups() {
            return settings.samples() / settings.batch();
        }

        @Override
        public int groupSize() {
            return settings.batch();
        }

        @Override
        public Draw draw(int group, int member) {
            double start = Philox.uniform53(settings.seed(), Purpose.LIKELIHOOD, group, 0);
            double time = (start + (double) member / groupSize()) % 1;
            long number = (long) group * groupSize() + member;
            int[] hidden =
                    IntStream.range(0, length)
                            .filter(i -> Philox.uniform53(settings.seed(), Purpose.LIKELIHOOD, number, 1 + i) < time)
                            .toArray();
            return new Draw(hidden, hidden, 1 / (time * groupSize()));
        }
    }

    /** {@code ln p(target_i | target_<i)}, the places from {@code i} on masked. */
    record ChainRule(int length) implements Draws {
        @Override
        public int groups() {
            return 1;
        }

        @Override
        public int groupSize() {
            return length;
        }

        @Override
        public Draw draw(int group, int member) {
            return new Draw(IntStream.range(member, length).toArray(), new int[] {member}, 1);
        }

        @Override
        public boolean exact() {
            return true;
        }
    }

    /** Exactly {@code l} places masked, weight {@code length/l}; the numbers of a group evenly spread. */
    record MaskCount(LikelihoodSettings settings, int length) implements Draws {
        @Override
        public int groups() {
            return settings.samples() / settings.batch();
        }

        @Override
        public int groupSize() {
            return settings.batch();
        }

        @Override
        public Draw draw(int group, int member) {
            long first = Philox.bounded(settings.seed(), Purpose.LIKELIHOOD, group, 0, length);
            int count = 1 + (int) ((first + Math.round((double) member * length / groupSize())) % length);
            long number = (long) group * groupSize() + member;
            int[] order = order(settings.seed(), number, length);
            int[] hidden = IntStream.of(order).limit(count).sorted().toArray();
            return new Draw(hidden, hidden, (double) length / count / groupSize());
        }
    }

    /** {@code ln p(target_σ(i) | target_σ(<i))}, one random order {@code σ} a group. */
    record AnyOrder(LikelihoodSettings settings, int length) implements Draws {
        @Override
        public int groups() {
            return settings.samples();
        }

        @Override
        public int groupSize() {
            return length;
        }

        @Override
        public Draw draw(int group, int member) {
            int[] order = order(settings.seed(), group, length);
            int[] hidden = IntStream.of(order).skip(member).sorted().toArray();
            return new Draw(hidden, new int[] {order[member]}, 1);
        }
    }

    /** A random permutation (Fisher and Yates); index 0 of each step is left to what a group draws once. */
    private static int[] order(long seed, long number, int length) {
        int[] order = IntStream.range(0, length).toArray();
        for (int i = 0; i < length - 1; i++) {
            int j = i + (int) Philox.bounded(seed, Purpose.LIKELIHOOD, number, 1 + i, length - i);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }
}
