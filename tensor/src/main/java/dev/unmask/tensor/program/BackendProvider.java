package dev.unmask.tensor.program;

import dev.unmask.tensor.InputException;

import java.util.List;

/** How {@link Backends} finds a backend; found through {@link java.util.ServiceLoader}. */
public interface BackendProvider {
    /**
     * What {@code --backend} calls it.
     *
     * @return a short name
     */
    String name();

    /**
     * Whether this backend can work on this machine, and what would mend it.
     *
     * @return what was found; never throws
     */
    Availability probe();

    /**
     * As {@link #probe}, and tries besides what only some models need.
     *
     * @return what was found; never throws
     */
    default Availability examine() {
        return probe();
    }

    /**
     * Whether a backend takes memory before it is asked for any, so that a plan must be made before it is opened.
     *
     * @return if so
     */
    default boolean takesInAdvance() {
        return false;
    }

    /**
     * Opens the backend.
     *
     * @param options threads and device
     * @return the backend
     * @throws InputException if an option names something that is not there
     * @throws InputException if it is not available; the message says why and what to do
     */
    Backend open(BackendOptions options);

    /**
     * Makes what counts the memory that this backend would take, without taking it.
     *
     * @param options threads and device
     * @return a dry run
     * @throws InputException if an option names something that is not there
     * @throws InputException if the backend is not available; the message says why and what to do
     */
    DryRun dryRun(BackendOptions options);

    /** What a provider found on this machine. */
    sealed interface Availability {
        /**
         * The backend works.
         *
         * @param devices one line a device: what it is and can do
         * @param advice what is slower than it could be, each with its remedy
         */
        record Available(List<String> devices, List<String> advice) implements Availability {}

        /**
         * The backend does not work here.
         *
         * @param reason what is missing
         * @param remedy what to do
         */
        record Unavailable(String reason, String remedy) implements Availability {}
    }
}
