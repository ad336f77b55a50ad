package dev.unmask.train;

import dev.unmask.tensor.Tensor;

import java.util.Map;

/**
 * What happens to the gradients of a step between its last micro-batch and the update: nothing, or they are added up
 * over processes that share the step's sequences. Each process then makes the same update.
 *
 * <p>Gradients are sums over sequences, already divided by what the step's weights are divided by, so that adding up is
 * all there is to do.
 */
public interface GradientExchange {
    /** One process does the whole step. */
    GradientExchange NONE = new GradientExchange() {};

    /**
     * Which of the processes this is.
     *
     * @return from 0 to below {@link #ranks}
     */
    default int rank() {
        return 0;
    }

    /**
     * How many processes share the sequences of a step.
     *
     * @return at least 1
     */
    default int ranks() {
        return 1;
    }

    /**
     * Adds gradients up over all processes, in place; once a step in each of them.
     *
     * @param gradients a tensor for each parameter, by name, in the same order everywhere
     */
    default void sum(Map<String, Tensor> gradients) {}

    /**
     * Adds a number up over all processes; once a step in each of them, after the gradients.
     *
     * @param value what this process has
     * @return the sum
     */
    default double sum(double value) {
        return value;
    }
}
