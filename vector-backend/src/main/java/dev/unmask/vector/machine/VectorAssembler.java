package dev.unmask.vector.machine;

/**
 * Writes the instructions of {@link Assembler} and those on vectors, of 256 or of 512 bits.
 *
 * <p>Registers of vectors and of masks are given by number: 0 to 31 and 0 to 7 with 512 bits, where a mask is 16 bits;
 * 0 to 15 with 256, where a mask is the signs of a vector's lanes. Encodings after the Intel 64 and IA-32 Architectures
 * Software Developer's Manual, volume 2, sections 2.3 (VEX) and 2.7 (EVEX).
 */
final class VectorAssembler extends Assembler {
    /** No mask: every lane takes part. */
    static final int ALL_LANES = 0;

    private static final Opcode EXCLUSIVE_OR = new Opcode(MAP_0F, PREFIX_66, 0xEF);
    private static final Opcode LOAD = new Opcode(MAP_0F, NO_PREFIX, 0x10);
    private static final Opcode STORE = new Opcode(MAP_0F, NO_PREFIX, 0x11);
    private static final Opcode ADD = new Opcode(MAP_0F, NO_PREFIX, 0x58);
    private static final Opcode MULTIPLY = new Opcode(MAP_0F, NO_PREFIX, 0x59);
    private static final Opcode TO_FLOATS = new Opcode(MAP_0F, NO_PREFIX, 0x5B);
    private static final Opcode ADD_PRODUCT = new Opcode(MAP_0F38, PREFIX_66, 0xB8);
    private static final Opcode MULTIPLY_ADD = new Opcode(MAP_0F38, PREFIX_66, 0xA8);
    private static final Opcode DOT_BYTES = new Opcode(MAP_0F38, PREFIX_66, 0x50);
    private static final Opcode DOT_BFLOAT16 = new Opcode(MAP_0F38, PREFIX_F3, 0x52);
    private static final Opcode BROADCAST = new Opcode(MAP_0F38, PREFIX_66, 0x58);
    private static final Opcode LOAD_MASKED = new Opcode(MAP_0F38, PREFIX_66, 0x2C);
    private static final Opcode STORE_MASKED = new Opcode(MAP_0F38, PREFIX_66, 0x2E);

    private final VectorSize size;

    /** Writes instructions on vectors of a size. */
    VectorAssembler(VectorSize size) {
        this.size = size;
    }

    /**
     * An instruction on vectors.
     *
     * @param map of opcodes that it stands in
     * @param prefix that belongs to it
     */
    private record Opcode(int map, int prefix, int code) {}

    /**
     * Which lanes take part.
     *
     * @param zeroing whether the others become zero rather than stay
     */
    private record Lanes(int mask, boolean zeroing) {
        static final Lanes ALL = new Lanes(ALL_LANES, false);

        static Lanes zeroingOthers(int mask) {
            return new Lanes(mask, mask != ALL_LANES);
        }
    }

    /** The low 16 bits of a register become a mask, with 512 bits. */
    void moveMask(int mask, Register source) {
        vex(MAP_0F, NO_PREFIX, 0, 0, source.high());
        bytes(0x92, 0xC0 | mask << 3 | source.low());
    }

    void zero(int target) {
        vector(EXCLUSIVE_OR, target, target, target);
    }

    void loadVector(int target, At source) {
        vector(LOAD, target, 0, source, Lanes.ALL);
    }

    /** Loads the lanes that a mask names; the others become zero and are not read. */
    void loadVector(int target, At source, int mask) {
        if (size == VectorSize.YMM && mask != ALL_LANES) {
            vector(LOAD_MASKED, target, mask, source, Lanes.ALL);
        } else {
            vector(LOAD, target, 0, source, Lanes.zeroingOthers(mask));
        }
    }

    /** Stores the lanes that a mask names. */
    void storeVector(At target, int source, int mask) {
        if (size == VectorSize.YMM && mask != ALL_LANES) {
            vector(STORE_MASKED, source, mask, target, Lanes.ALL);
        } else {
            vector(STORE, source, 0, target, new Lanes(mask, false));
        }
    }

    /** {@code target = left + right}. */
    void addVector(int target, int left, int right) {
        vector(ADD, target, left, right);
    }

    /** {@code target = left + memory} in the lanes that a mask names; the others become zero and are not read. */
    void addVector(int target, int left, At right, int mask) {
        vector(ADD, target, left, right, Lanes.zeroingOthers(mask));
    }

    /** Four bytes of memory into every lane. */
    void broadcast(int target, At source) {
        evexOrVex(BROADCAST, target, 0, source, Lanes.ALL, Integer.BYTES);
    }

    /** {@code target[i] += left[2i] · right[2i] + left[2i + 1] · right[2i + 1]}, of bfloat16 in sums of float32. */
    void dotBfloat16(int target, int left, int right) {
        vector(DOT_BFLOAT16, target, left, right);
    }

    /**
     * {@code target[i] += Σ left[4i + j] · right[4i + j]}, j from 0 to 3, of bytes in sums of 32-bit integers.
     *
     * @param left bytes without a sign
     * @param right bytes with one
     */
    void dotBytes(int target, int left, int right) {
        vector(DOT_BYTES, target, left, right);
    }

    /** 32-bit integers become float32. */
    void toFloats(int target, int source) {
        vector(TO_FLOATS, target, 0, source);
    }

    /** {@code target = left · right}. */
    void multiplyVector(int target, int left, int right) {
        vector(MULTIPLY, target, left, right);
    }

    /** {@code target = left · memory} in the lanes that a mask names; the others become zero and are not read. */
    void multiplyVector(int target, int left, At right, int mask) {
        vector(MULTIPLY, target, left, right, Lanes.zeroingOthers(mask));
    }

    /**
     * {@code target = target · factor + memory}, rounded once, in the lanes that a mask names; the others become zero.
     */
    void multiplyAdd(int target, int factor, At addend, int mask) {
        vector(MULTIPLY_ADD, target, factor, addend, Lanes.zeroingOthers(mask));
    }

    /** {@code target = target + left · right}, rounded once. */
    void addProduct(int target, int left, int right) {
        vector(ADD_PRODUCT, target, left, right);
    }

    /** Forgets the upper parts of vectors, so that code of older instruction sets runs at full speed after it. */
    void zeroUpper() {
        bytes(0xC5, 0xF8, 0x77);
    }

    // Encoding.

    /** An instruction on vectors in registers. */
    private void vector(Opcode opcode, int target, int left, int right) {
        if (size == VectorSize.ZMM) {
            evex(opcode, target, left, (~right >>> 4 & 1) << 6 | (~right >>> 3 & 1) << 5, Lanes.ALL);
        } else {
            vex256(opcode, target, left, 1 << 6 | (~right >>> 3 & 1) << 5);
        }
        registers(target, right);
    }

    /** One whose last operand is a vector in memory. */
    private void vector(Opcode opcode, int target, int left, At right, Lanes lanes) {
        evexOrVex(opcode, target, left, right, lanes, size.bytes());
    }

    /**
     * One whose last operand is in memory.
     *
     * @param scale bytes of that, which a displacement of one byte counts in, with 512 bits
     */
    private void evexOrVex(Opcode opcode, int target, int left, At right, Lanes lanes, int scale) {
        int upper = (1 ^ right.index().high()) << 6 | (1 ^ right.base().high()) << 5;
        if (size == VectorSize.ZMM) {
            evex(opcode, target, left, upper, lanes);
            memory(target & 7, right, scale);
        } else if (lanes.mask == ALL_LANES) {
            vex256(opcode, target, left, upper);
            memory(target & 7, right, NO_SCALE);
        } else {
            throw new IllegalArgumentException("with 256 bits only loads and stores have masks");
        }
    }

    /**
     * What stands before the operands, with 512 bits.
     *
     * @param upper the upper bits of the last operand, where they belong
     */
    private void evex(Opcode opcode, int target, int left, int upper, Lanes lanes) {
        int targetBits = (~target >>> 3 & 1) << 7 | (~target >>> 4 & 1) << 4;
        int size512 = 2 << 5;
        bytes(
                0x62,
                targetBits | upper | opcode.map,
                (~left & 15) << 3 | 1 << 2 | opcode.prefix,
                (lanes.zeroing ? 1 << 7 : 0) | size512 | (~left >>> 4 & 1) << 3 | lanes.mask,
                opcode.code);
    }

    /** What stands before the operands, with 256 bits; see {@link #evex}. */
    private void vex256(Opcode opcode, int target, int left, int upper) {
        int size256 = 1 << 2;
        bytes(
                0xC4,
                (~target >>> 3 & 1) << 7 | upper | opcode.map,
                (~left & 15) << 3 | size256 | opcode.prefix,
                opcode.code);
    }
}
