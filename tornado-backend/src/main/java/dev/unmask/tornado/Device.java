package dev.unmask.tornado;

/** Where device kernels run. */
interface Device {
    /** Its number as TornadoVM writes it: {@code driver:device}. */
    String number();

    /** What it is, in one line. */
    String description();

    /** What messages call it. */
    String name();

    /** The size of its memory. */
    long memoryBytes();

    /** The largest array that its driver gives. */
    long largestArrayBytes();

    /** What makes it fast. */
    Acceleration acceleration();

    /** Makes arrays, all zeros, and compiles the kernels. */
    DevicePlan plan(Lengths lengths);
}
