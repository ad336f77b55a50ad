package dev.unmask.tornado;

/**
 * Where an element is: an array in the upper 32 bits, a place in it in the lower. An address and a number of elements
 * may be added, within a tensor. Addresses of words have no upper bits.
 */
final class Address {
    private Address() {}

    static long of(int bank, int place) {
        return (long) bank << 32 | place;
    }

    /** Which of the arrays; 0 of {@link Arguments#NONE}, and of whatever is no address. */
    static int bank(long address) {
        return address < 0 ? 0 : (int) (address >>> 32);
    }

    /** The place in its array; {@link Arguments#NONE} stays what it is. */
    static int place(long address) {
        return (int) address;
    }
}
