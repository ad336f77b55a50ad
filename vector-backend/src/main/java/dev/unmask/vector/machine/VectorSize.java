package dev.unmask.vector.machine;

/** The vectors that instructions compute with. */
enum VectorSize {
    /** 256 bits, 16 registers. */
    YMM("AVX2", 32, 16),
    /** 512 bits, 32 registers, and masks for lanes. */
    ZMM("AVX-512", 64, 32);

    private final String instructions;
    private final int bytes;
    private final int registers;

    VectorSize(String instructions, int bytes, int registers) {
        this.instructions = instructions;
        this.bytes = bytes;
        this.registers = registers;
    }

    /** The instructions that have them, for people. */
    String instructions() {
        return instructions;
    }

    /** Bytes of a vector. */
    int bytes() {
        return bytes;
    }

    /** Registers that hold a vector. */
    int registers() {
        return registers;
    }

    /** Lanes of 32 bits. */
    int lanes() {
        return bytes / Integer.BYTES;
    }
}
