package dev.unmask.tornado;

/** An operand of a kernel: the elements from an address on in one of the {@link Banks}. */
final class Floats {
    private final Banks banks;
    private final int bank;
    private final int first;

    Floats(Banks banks, int bank, int first) {
        this.banks = banks;
        this.bank = bank;
        this.first = first;
    }

    /** Whether there is such an operand. */
    boolean isThere() {
        return first >= 0;
    }

    /** The elements from one on. */
    Floats from(int i) {
        return new Floats(banks, bank, first + i);
    }

    float get(int i) {
        return banks.get(bank, first + i);
    }

    void set(int i, float value) {
        banks.set(bank, first + i, value);
    }
}
