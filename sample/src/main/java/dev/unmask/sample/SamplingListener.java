package dev.unmask.sample;

/** Sees every step of a sampler: for streaming, animation or a history. An exception thrown here ends the sampling. */
@FunctionalInterface
public interface SamplingListener extends Cancellation {
    /** Looks at nothing. */
    SamplingListener NONE = step -> {};

    /**
     * Looks at nothing but whether to go on.
     *
     * @param cancellation is asked before each step
     * @return the listener
     */
    static SamplingListener until(Cancellation cancellation) {
        return new SamplingListener() {
            @Override
            public void onStep(SamplingStep step) {}

            @Override
            public boolean cancelled() {
                return cancellation.cancelled();
            }
        };
    }

    /**
     * Called after each step, also where it changed nothing.
     *
     * @param step the state
     */
    void onStep(SamplingStep step);

    /**
     * Asked before each step, from the thread that samples.
     *
     * @return whether sampling is to end with a {@link java.util.concurrent.CancellationException}
     */
    @Override
    default boolean cancelled() {
        return false;
    }

    /**
     * Asked of each sequence before each step, from the thread that samples. A sequence that nobody waits for any more
     * takes no further part: the others of the batch go on without it and come out as they would have with it.
     *
     * @param sequence which one of the batch
     * @return whether to leave it as it is; its {@link Sample} then holds mask tokens where nothing was placed yet
     */
    default boolean cancelled(int sequence) {
        return false;
    }
}
