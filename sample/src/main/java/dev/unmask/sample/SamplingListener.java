package dev.unmask.sample;

/** Sees every step of a sampler: for streaming, animation or a history. An exception thrown here ends the sampling. */
@FunctionalInterface
public interface SamplingListener {
    /** Looks at nothing. */
    SamplingListener NONE = step -> {};

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
    default boolean cancelled() {
        return false;
    }
}
