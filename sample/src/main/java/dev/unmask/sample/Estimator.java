package dev.unmask.sample;

import dev.unmask.tensor.InputException;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How {@code ln p(target | prefix)} of a masked diffusion model is estimated (METHOD §5.1). */
public enum Estimator {
    /** A bound by Monte Carlo over masking probabilities {@code t}, drawn evenly spread within a batch; {@code mc}. */
    MONTE_CARLO("mc"),
    /** The exact left-to-right factorisation: as many passes as target tokens, no randomness; {@code chain_rule}. */
    CHAIN_RULE("chain_rule"),
    /**
     * The same bound by Monte Carlo over the number of masked tokens, of lower variance (LLaDA, arXiv 2502.09992, eq.
     * 6); recommended.
     */
    MASK_COUNT("mask_count"),
    /** The same bound by factorisation in random orders: as many passes as target tokens for each order. */
    ANY_ORDER("any_order"),
    /**
     * Exact for a sampler that draws one token a pass in a deterministic order, such as that of confidence: two passes
     * a token (DUEL, arXiv 2603.01367). The order goes by the distributions, not by the token that stands there.
     */
    DUEL("duel");

    private final String label;

    Estimator(String label) {
        this.label = label;
    }

    /**
     * What flags and files call this estimator.
     *
     * @return a lower-case word
     */
    public String label() {
        return label;
    }

    /**
     * Finds an estimator by its label.
     *
     * @param name for example {@code chain_rule}
     * @return the estimator
     * @throws InputException if there is none of that name
     */
    public static Estimator of(String name) {
        for (Estimator estimator : values()) {
            if (estimator.label.equals(name.toLowerCase(Locale.ROOT).replace('-', '_'))) {
                return estimator;
            }
        }
        String known = Arrays.stream(values()).map(Estimator::label).collect(Collectors.joining(", "));
        throw new InputException("estimator: found " + name + ", expected one of " + known);
    }
}
