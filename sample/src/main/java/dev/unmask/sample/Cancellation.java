package dev.unmask.sample;

import java.util.concurrent.CancellationException;

/**
 * Says whether work that takes many passes of a model is to end; asked before each pass, by the thread that works.
 * Everything that does takes one: samplers and fillings their {@link SamplingListener}, likelihoods one as it is.
 */
@FunctionalInterface
public interface Cancellation {
    /** Work goes on to its end. */
    Cancellation NEVER = () -> false;

    /**
     * Asked before each pass.
     *
     * @return whether the work is to end with a {@link CancellationException}
     */
    boolean cancelled();

    /**
     * Ends the work if it is cancelled.
     *
     * @param what is being done, for the message
     * @throws CancellationException if {@link #cancelled}
     */
    default void check(String what) {
        if (cancelled()) {
            throw new CancellationException(what + " was cancelled");
        }
    }
}
