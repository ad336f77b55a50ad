package dev.unmask.tensor.program;

import java.util.function.IntConsumer;

/** A recorded list of kernels on fixed buffers, ready to be replayed. */
public interface Program {
    /**
     * Runs all kernels in order and returns when their results can be read.
     *
     * @throws IllegalArgumentException if an integer operand points outside of what it indexes, such as a token id
     *     beyond the embedding; no kernel has run then
     * @throws IllegalStateException if the backend is closed, or in use by another thread
     */
    void run();

    /**
     * Runs all kernels in order, and tells meanwhile how many have run, so that results which are complete can be used
     * before the last is.
     *
     * @param after told ever larger numbers, at the end one that is not below the number of all, by the thread that
     *     runs the program; it may read tensors that are not temporary. A backend that cannot tell does so at the end
     *     alone
     * @throws IllegalArgumentException as {@link #run()}
     * @throws IllegalStateException as {@link #run()}
     */
    default void run(IntConsumer after) {
        run();
        after.accept(Integer.MAX_VALUE);
    }

    /**
     * Memory that this program needs for its temporaries, after those whose lives do not overlap share it. Programs of
     * one backend may use the same memory.
     *
     * @return bytes
     */
    long temporaryBytes();
}
