package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The arrays of floats of a device as a kernel sees them. An array of TornadoVM has at most 2³¹ elements, so that a
 * large device needs several; a tensor lies in one of them.
 *
 * <p>TornadoVM's compiler replaces objects of this class and of {@link Floats} by what they hold, and, as it knows how
 * many arrays there are, leaves out the branches that choose among them: where there is one, a kernel is what it would
 * be without this class. The compiler has no variable that is now one array and now another, hence the branches.
 */
final class Banks {
    /** Arrays of a device, at most. */
    static final int MOST = 8;

    private final FloatArray bank0;
    private final FloatArray bank1;
    private final FloatArray bank2;
    private final FloatArray bank3;
    private final FloatArray bank4;
    private final FloatArray bank5;
    private final FloatArray bank6;
    private final FloatArray bank7;
    private final int count;

    /** One array. */
    Banks(FloatArray only) {
        this(only, only, only, only, only, only, only, only, 1);
    }

    /** Of eight arrays the first few. */
    Banks(
            FloatArray bank0,
            FloatArray bank1,
            FloatArray bank2,
            FloatArray bank3,
            FloatArray bank4,
            FloatArray bank5,
            FloatArray bank6,
            FloatArray bank7,
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

    /** The same memory as words, on the host; a device needs no such thing. */
    RawBanks raw() {
        return new RawBanks(
                raw(bank0), raw(bank1), raw(bank2), raw(bank3), raw(bank4), raw(bank5), raw(bank6), raw(bank7), count);
    }

    private static IntArray raw(FloatArray bank) {
        return IntArray.fromSegmentShallow(bank.getSegmentWithHeader());
    }

    /** The operand that an argument of a row names. */
    Floats at(IntArray words, int row, int argument) {
        return new Floats(this, words.get(row + Arguments.BANKS + argument), words.get(row + argument));
    }

    /** The elements from an address in an array on. */
    Floats of(int bank, int first) {
        return new Floats(this, bank, first);
    }

    float get(int bank, int i) {
        float value;
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

    void set(int bank, int i, float value) {
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
