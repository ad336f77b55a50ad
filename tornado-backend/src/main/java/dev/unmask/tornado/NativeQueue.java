package dev.unmask.tornado;

/** What a task of a library sees of the device: pointers into its memory, and the stream that its work goes to. */
interface NativeQueue {
    /** Where the array of floats begins on the device. */
    long floats();

    /** Where the array of words begins on the device. */
    long words();

    /** The {@code CUstream}. */
    long stream();

    /** The {@code CUcontext}. */
    long context();

    /** From now on, work for the stream is noted and not done. */
    void beginCapture();

    /** Makes a CUDA graph of what was noted; its handle. */
    long endCapture();

    /** Does what a CUDA graph holds. */
    void launch(long graph);

    /** Gives a CUDA graph back. */
    void destroy(long graph);
}
