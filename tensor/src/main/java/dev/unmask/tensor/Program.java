package dev.unmask.tensor;

/** A recorded list of kernels on fixed buffers, ready to be replayed. */
public interface Program {
    /** Runs all kernels in order and returns when their results can be read. */
    void run();

    /**
     * Memory that this program needs for its temporaries, after those whose lives do not overlap share it. Programs of
     * one backend may use the same memory.
     *
     * @return bytes
     */
    long temporaryBytes();
}
