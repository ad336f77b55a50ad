package dev.unmask.tornado;

/** A queue as a task of TornadoVM sees it, which can have work noted instead of done. */
interface CapturingQueue extends NativeQueue {
    /** From now on, work for the stream is noted and not done. */
    void beginCapture();

    /** Makes a CUDA graph of what was noted; its {@code CUgraphExec}. */
    long endCapture();
}
