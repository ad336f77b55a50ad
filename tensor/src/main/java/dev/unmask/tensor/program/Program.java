package dev.unmask.tensor.program;

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
     * Memory that this program needs for its temporaries, after those whose lives do not overlap share it. Programs of
     * one backend may use the same memory.
     *
     * @return bytes
     */
    long temporaryBytes();
}
