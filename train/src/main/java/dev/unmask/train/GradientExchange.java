package dev.unmask.train;

import dev.unmask.tensor.Tensor;

import java.util.Map;
import java.util.Optional;

/**
 * What happens to the gradients of a step between its last micro-batch and the update: nothing, or they are added up
 * over processes that share the step's sequences. Each process then makes the same update, or its share of it.
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
     * How the processes share the update, once the gradients are named.
     *
     * @return empty: each makes all of it
     */
    default Optional<UpdateShards> shards() {
        return Optional.empty();
    }

    /**
     * What stands in for this one where memory is planned: it talks to nobody.
     *
     * @return an exchange of one process, which takes what the process takes that has the largest share
     */
    default GradientExchange planned() {
        return NONE;
    }

    /**
     * Names the gradients of the steps to come.
     *
     * @param gradients a tensor for each parameter, by name, in the same order everywhere
     */
    default void prepare(Map<String, Tensor> gradients) {}

    /**
     * Tells that the gradient of a parameter is complete on this process, so that it may be on its way while others are
     * computed; at most once a step for each, in the same order everywhere, by the thread that computes.
     *
     * @param name the parameter
     */
    default void ready(String name) {}

    /**
     * Adds gradients up over all processes, in place; once a step in each of them. Where the update is shared, only
     * those of the parameters that this process updates.
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

    /**
     * Ends all processes at once: one that fails alone would leave the others waiting.
     *
     * @param code the exit code
     */
    default void abort(int code) {}

    /** Waits for all processes: what each has written before this is there for the others after it. */
    default void meet() {
        sum(0);
    }
}
