package dev.unmask.tornado;

/** What a library sees of the device: pointers into its memory, and the stream that its work goes to. */
interface NativeQueue {
    /** Where the array of floats begins on the device. */
    long floats();

    /** Where the array of words begins on the device. */
    long words();

    /** The {@code CUstream}. */
    long stream();

    /** The {@code CUcontext}. */
    long context();
}
