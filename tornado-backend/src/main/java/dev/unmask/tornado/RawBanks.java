package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The {@link Banks} as the words of 32 bits that they are, for kernels that read bfloat16: TornadoVM has no bits of a
 * float. On the device it is the same memory; an array of floats is handed to a kernel that says it takes one of words,
 * as TornadoVM compiles what a kernel says and passes on a pointer. The branches are those of {@link Banks} once more:
 * its compiler takes no array whose type it does not know.
 */
final class RawBanks {
    private final IntArray bank0;
    private final IntArray bank1;
    private final IntArray bank2;
    private final IntArray bank3;
    private final IntArray bank4;
    private final IntArray bank5;
    private final IntArray bank6;
    private final IntArray bank7;
    private final int count;

    /** One array. */
    RawBanks(IntArray only) {
        this(only, only, only, only, only, only, only, only, 1);
    }

    /** Of eight arrays the first few. */
    RawBanks(
            IntArray bank0,
            IntArray bank1,
            IntArray bank2,
            IntArray bank3,
            IntArray bank4,
            IntArray bank5,
            IntArray bank6,
            IntArray bank7,
            int count) {
        this.bank0 = bank0;
        this.bank1 = bank1;
        this.bank2 = bank2;
        this.bank3 = bank3;
        this.bank4 = bank4;
        this.bank5 = bank5;
        this.bank6 = bank6;
        this.bank7 = bank7;
        this.count = count;
    }

    int get(int bank, int i) {
        int value;
        if (count == 1 || bank == 0) {
            value = bank0.get(i);
        } else if (count == 2 || bank == 1) {
            value = bank1.get(i);
        } else if (count == 3 || bank == 2) {
            value = bank2.get(i);
        } else if (count == 4 || bank == 3) {
            value = bank3.get(i);
        } else if (count == 5 || bank == 4) {
            value = bank4.get(i);
        } else if (count == 6 || bank == 5) {
            value = bank5.get(i);
        } else if (count == 7 || bank == 6) {
            value = bank6.get(i);
        } else {
            value = bank7.get(i);
        }
        return value;
    }

    void set(int bank, int i, int value) {
        if (count == 1 || bank == 0) {
            bank0.set(i, value);
        } else if (count == 2 || bank == 1) {
            bank1.set(i, value);
        } else if (count == 3 || bank == 2) {
            bank2.set(i, value);
        } else if (count == 4 || bank == 3) {
            bank3.set(i, value);
        } else if (count == 5 || bank == 4) {
            bank4.set(i, value);
        } else if (count == 6 || bank == 5) {
            bank5.set(i, value);
        } else if (count == 7 || bank == 6) {
            bank6.set(i, value);
        } else {
            bank7.set(i, value);
        }
    }
}
