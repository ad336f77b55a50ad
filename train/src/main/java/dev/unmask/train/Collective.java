package dev.unmask.train;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * Processes that work on one run, on one machine or many, and what they tell one another. Every process makes the same
 * calls in the same order; one call at a time, from any thread.
 */
public interface Collective extends AutoCloseable {
    /**
     * Which of the processes this is.
     *
     * @return from 0 to below {@link #ranks}
     */
    int rank();

    /**
     * How many there are.
     *
     * @return at least 1
     */
    int ranks();

    /**
     * Sends a piece to each other process, and gets one from each. Pieces may differ in length; empty ones are not
     * sent. What stands at this process's own place is left alone.
     *
     * @param send native memory: what process 0 gets of this one, and so on
     * @param receive native memory: where that of process 0 belongs, and so on, each as long as the other sends
     */
    void exchange(List<MemorySegment> send, List<MemorySegment> receive);

    /**
     * Gives every process what each has.
     *
     * @param own native memory: what this one has
     * @param all {@code N} times as long; receives that of process 0 first
     */
    void gather(MemorySegment own, MemorySegment all);

    /**
     * Ends every process of the job at once: one that fails alone would leave the others waiting.
     *
     * @param code the exit code
     */
    void abort(int code);

    /** Leaves the job; waits for the others. */
    @Override
    void close();

    /** Finds the job that this process was started in, found as a service. */
    interface Provider {
        /**
         * Joins the job.
         *
         * @return this process's part in it; empty if it was not started by what this provider knows
         * @throws dev.unmask.tensor.InputException if it was, but cannot take part; the message says what to do
         */
        Optional<Collective> join();
    }
}
