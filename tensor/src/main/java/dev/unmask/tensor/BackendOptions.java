package dev.unmask.tensor;

/**
 * How to open a backend.
 *
 * @param threads CPU threads, at least 1
 * @param device which device, in the backend's own words; empty: its first
 */
public record BackendOptions(int threads, String device) {
    /** Checks the number of threads. */
    public BackendOptions {
        if (threads < 1) {
            throw new InputException("threads: found " + threads + ", expected at least 1");
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
