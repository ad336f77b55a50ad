package dev.unmask.vector.machine;

/**
 * A place in memory: {@code base + index · scale + displacement}.
 *
 * @param base the register that holds an address
 * @param index the register that counts, or {@link Register#RSP} for none, as in the code of an instruction
 * @param scale 1, 2, 4 or 8
 * @param displacement bytes from there
 */
record At(Register base, Register index, int scale, int displacement) {
    /** A place without an index. */
    At(Register base, int displacement) {
        this(base, Register.RSP, 1, displacement);
    }

    boolean hasIndex() {
        return index != Register.RSP;
    }
}
