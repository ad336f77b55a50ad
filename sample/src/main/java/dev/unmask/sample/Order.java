package dev.unmask.sample;

import dev.unmask.tensor.InputException;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which masked positions come first: a score for each, the highest first (METHOD §4, §8.3). */
public interface Order {
    /** Every order equally likely, drawn anew in each step. */
    Order RANDOM = new ByPosition("random", (step, position) -> -step.draw(position));

    /** The positions whose proposed token is most probable (MaskGIT). */
    Order CONFIDENCE = new ByModel("confidence", (proposals, entry) -> proposals.logConfidence()[entry]);

    /** The positions where the most probable token leads the second by most. */
    Order MARGIN = new ByModel("margin", (proposals, entry) -> proposals.margin()[entry]);

    /** The positions whose distribution has the least entropy. */
    Order ENTROPY = new ByModel("entropy", (proposals, entry) -> -proposals.entropy()[entry]);

    /** From the first masked position to the last. */
    Order LEFT_TO_RIGHT = new ByPosition("left_to_right", (step, position) -> -position);

    /**
     * Orders that have a name.
     *
     * @return all of them
     */
    static List<Order> all() {
        return List.of(RANDOM, CONFIDENCE, MARGIN, ENTROPY, LEFT_TO_RIGHT);
    }

    /**
     * Finds an order by its name.
     *
     * @param name for example {@code confidence}
     * @return the order
     * @throws InputException if there is none of that name
     */
    static Order of(String name) {
        String wanted = name.toLowerCase(Locale.ROOT).replace('-', '_');
        return all().stream()
                .filter(order -> order.label().equals(wanted))
                .findFirst()
                .orElseThrow(() ->
                        new InputException(
                                "order: found "
                                        + name
                                        + ", expected one of "
                                        + all().stream().map(Order::label).collect(Collectors.joining(", "))));
    }

    /**
     * What flags and files call this order.
     *
     * @return a lower-case word
     */
    String label();

    /**
     * Whether scores do not depend on what the model says, so that it is asked only about the positions that come
     * first.
     *
     * @return whether {@link #score} looks at no proposal
     */
    default boolean knownBeforehand() {
        return false;
    }

    /**
     * Whether two samplings in this order are the same whatever the seed, at temperature 0.
     *
     * @return whether nothing is drawn
     */
    default boolean deterministic() {
        return true;
    }

    /**
     * The score of one position.
     *
     * @param step the step, with its random numbers
     * @param position the position
     * @param proposals what the model says
     * @param entry the entry of this position in the proposals; of no meaning if the order is known beforehand
     * @return the higher, the earlier; the earlier position among equals
     */
    double score(Step step, int position, Proposals proposals, int entry);

    /**
     * This order with noise: positions come in the order of {@code score / temperature + Gumbel noise}, which draws
     * them without replacement with probabilities {@code softmax(score / temperature)} (Dream's {@code alg_temp}).
     *
     * @param temperature at least 0; 0: this order itself
     * @return the order
     * @throws InputException if the temperature is negative or not finite
     */
    default Order randomized(double temperature) {
        Expect.nonNegative("order temperature", temperature);
        return temperature == 0 ? this : new Randomized(this, temperature);
    }

    /**
     * An order that looks at the position and at random numbers only.
     *
     * @param label its name
     * @param rule the score
     */
    record ByPosition(String label, Rule rule) implements Order {
        /** A score of a position. */
        @FunctionalInterface
        public interface Rule {
            /**
             * The score.
             *
             * @param step the step
             * @param position the position
             * @return the higher, the earlier
             */
            double score(Step step, int position);
        }

        @Override
        public boolean knownBeforehand() {
            return true;
        }

        @Override
        public boolean deterministic() {
            return this != RANDOM;
        }

        @Override
        public double score(Step step, int position, Proposals proposals, int entry) {
            return rule.score(step, position);
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /**
     * An order by what the model says.
     *
     * @param label its name
     * @param rule the score
     */
    record ByModel(String label, Rule rule) implements Order {
        /** A score of a proposal. */
        @FunctionalInterface
        public interface Rule {
            /**
             * The score.
             *
             * @param proposals what the model says
             * @param entry which of them
             * @return the higher, the earlier
             */
            double score(Proposals proposals, int entry);
        }

        @Override
        public double score(Step step, int position, Proposals proposals, int entry) {
            return rule.score(proposals, entry);
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /**
     * An order with noise. See {@link #randomized}.
     *
     * @param order the order without noise
     * @param temperature above 0
     */
    record Randomized(Order order, double temperature) implements Order {
        @Override
        public String label() {
            return order.label();
        }

        @Override
        public boolean knownBeforehand() {
            return order.knownBeforehand();
        }

        @Override
        public boolean deterministic() {
            return false;
        }

        @Override
        public double score(Step step, int position, Proposals proposals, int entry) {
            double gumbel = -Math.log(-Math.log(step.draw(position)));
            return order.score(step, position, proposals, entry) / temperature + gumbel;
        }
    }
}
