package dev.unmask.tensor.program;

import dev.unmask.tensor.InputException;

/**
 * How to open a backend.
 *
 * @param threads CPU threads, from 1 to 1024
 * @param device which device, in the backend's own words; empty: its first
 */
public record BackendOptions(int threads, String device) {
    private static final int MOST_THREADS = 1024;

    /** Checks the number of threads. */
    public BackendOptions {
        if (threads < 1) {
            throw new InputException("threads: found " + threads + ", expected at least 1");
        }
        if (threads > MOST_THREADS) {
            throw new InputException("threads: found " + threads + ", expected at most " + MOST_THREADS);
        }
    }

    /**
     * All processors and the first device.
     *
     * @return the default options
     */
    public static BackendOptions defaults() {
        return new BackendOptions(Runtime.getRuntime().availableProcessors(), "");
    }
}
