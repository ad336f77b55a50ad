package dev.unmask.vector.machine;

/** A general register of 64 bits; its ordinal is its number in an instruction. */
enum Register {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15;

    int number() {
        return ordinal();
    }

    /** The three bits that go into the ModRM byte. */
    int low() {
        return ordinal() & 7;
    }

    /** The fourth bit, which goes into a prefix. */
    int high() {
        return ordinal() >>> 3;
    }

    /** Memory at this register plus a displacement. */
    At at(int displacement) {
        return new At(this, displacement);
    }

    /** Memory at this register plus another one, once, or 2, 4 or 8 times. */
    At plus(Register index, int scale) {
        return new At(this, index, scale, 0);
    }
}
