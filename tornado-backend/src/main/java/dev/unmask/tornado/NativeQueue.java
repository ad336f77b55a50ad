package dev.unmask.tornado;

/** What a library sees of the device: pointers into its memory, and the stream that its work goes to. */
interface NativeQueue {
    /** Where an array of floats begins on the device. */
    long floats(int bank);

    /** Where the array of words begins on the device. */
    long words();

    /** Where a float is on the device. */
    default long pointer(long address) {
        return floats(Address.bank(address)) + 4L * Address.place(address);
    }

    /** The {@code CUstream}. */
    long stream();

    /** The {@code CUcontext}. */
    long context();
}
