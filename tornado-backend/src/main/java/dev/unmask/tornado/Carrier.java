package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Arrays of the host, and how their first elements come to the device and back; see {@link DevicePlan}. */
interface Carrier {
    /** One that holds {@code n} floats. */
    FloatArray floats(int n);

    /** One that holds {@code n} words. */
    IntArray words(int n);

    void put(long address, int n);

    void putWords(int address, int n);

    void get(long address, int n);

    void getWords(int address, int n);
}
