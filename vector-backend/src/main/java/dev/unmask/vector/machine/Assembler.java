package dev.unmask.vector.machine;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the x86-64 instructions that matrix products need on general registers and tiles.
 *
 * <p>Tiles are given by number, 0 to 7. Encodings after the Intel 64 and IA-32 Architectures Software Developer's
 * Manual, volume 2, sections 2.2 (REX) and 2.3 (VEX).
 */
sealed class Assembler permits VectorAssembler {
    /** What a displacement of one byte counts in, but in instructions of EVEX. */
    static final int NO_SCALE = 1;

    static final int MAP_0F = 1;
    static final int MAP_0F38 = 2;
    static final int NO_PREFIX = 0;
    static final int PREFIX_66 = 1;
    static final int PREFIX_F3 = 2;
    static final int PREFIX_F2 = 3;

    private static final int SIB_FOLLOWS = 4;

    private final ByteArrayOutputStream code = new ByteArrayOutputStream();
    private final List<Jump> jumps = new ArrayList<>();

    /** A place in the code that jumps lead to. */
    static final class Label {
        private int position = -1;
    }

    private record Jump(int end, Label target) {}

    /** The condition of a jump; the value is its code in the instruction. */
    enum Condition {
        ZERO(4),
        NOT_ZERO(5);

        private final int code;

        Condition(int code) {
            this.code = code;
        }
    }

    // General registers.

    void move(Register target, Register source) {
        rex(source, target);
        bytes(0x89, 0xC0 | source.low() << 3 | target.low());
    }

    void move(Register target, long value) {
        bytes(0x48 | target.high(), 0xB8 | target.low());
        for (int i = 0; i < Long.BYTES; i++) {
            bytes((int) (value >>> 8 * i) & 0xFF);
        }
    }

    void load(Register target, At source) {
        rex(target, source.base());
        bytes(0x8B);
        memory(target.low(), source, NO_SCALE);
    }

    void store(At target, Register source) {
        rex(source, target.base());
        bytes(0x89);
        memory(source.low(), target, NO_SCALE);
    }

    void storeInt(At target, Register source) {
        if ((source.high() | target.base().high()) != 0) {
            bytes(0x40 | source.high() << 2 | target.base().high());
        }
        bytes(0x89);
        memory(source.low(), target, NO_SCALE);
    }

    void add(Register target, Register source) {
        rex(source, target);
        bytes(0x01, 0xC0 | source.low() << 3 | target.low());
    }

    void add(Register target, int value) {
        bytes(0x48 | target.high(), 0x81, 0xC0 | target.low());
        int32(value);
    }

    void shiftLeft(Register target, int bits) {
        bytes(0x48 | target.high(), 0xC1, 0xE0 | target.low(), bits);
    }

    /** Subtracts one, and sets the zero flag by the result. */
    void decrement(Register target) {
        bytes(0x48 | target.high(), 0xFF, 0xC8 | target.low());
    }

    /** Sets the zero flag if the register is zero. */
    void test(Register register) {
        rex(register, register);
        bytes(0x85, 0xC0 | register.low() << 3 | register.low());
    }

    void push(Register register) {
        bytes(0x40 | register.high(), 0x50 | register.low());
    }

    void pop(Register register) {
        bytes(0x40 | register.high(), 0x58 | register.low());
    }

    /** Begins to bring a line of memory into the caches, to be written. */
    void prefetchForWrite(At place) {
        if (place.base().high() != 0) {
            bytes(0x41);
        }
        bytes(0x0F, 0x0D);
        memory(1, place, NO_SCALE);
    }

    /** Begins to bring a line of memory into the second-level cache, to be read; an address of nothing does nothing. */
    void prefetch(At place) {
        if (place.base().high() != 0) {
            bytes(0x41);
        }
        bytes(0x0F, 0x18);
        memory(2, place, NO_SCALE);
    }

    /** Puts a label here. */
    void bind(Label label) {
        if (label.position >= 0) {
            throw new IllegalStateException("a label is already at " + label.position + "; make one for each place");
        }
        label.position = code.size();
    }

    void jumpIf(Condition condition, Label target) {
        bytes(0x0F, 0x80 | condition.code);
        int32(0);
        jumps.add(new Jump(code.size(), target));
    }

    void jump(Label target) {
        bytes(0xE9);
        int32(0);
        jumps.add(new Jump(code.size(), target));
    }

    void ret() {
        bytes(0xC3);
    }

    /** EAX, EBX, ECX and EDX tell about the processor, as EAX and ECX ask. */
    void cpuid() {
        bytes(0x0F, 0xA2);
    }

    /** EDX:EAX are which registers the system saves, if ECX is zero. */
    void xgetbv() {
        bytes(0x0F, 0x01, 0xD0);
    }

    // Tiles.

    /** Sets the shapes of tiles from 64 bytes of memory. */
    void loadTileConfiguration(At source) {
        vex(MAP_0F38, NO_PREFIX, 0, 0, source.base().high());
        bytes(0x49);
        memory(0, source, NO_SCALE);
    }

    void releaseTiles() {
        vex(MAP_0F38, NO_PREFIX, 0, 0, 0);
        bytes(0x49, 0xC0);
    }

    void zeroTile(int tile) {
        vex(MAP_0F38, PREFIX_F2, 0, 0, 0);
        bytes(0x49, 0xC0 | tile << 3);
    }

    /** Rows of a tile from memory, {@code stride} bytes apart. */
    void loadTile(int tile, At source, Register stride) {
        vex(MAP_0F38, PREFIX_F2, 0, stride.high(), source.base().high());
        bytes(0x4B);
        strided(tile, source, stride);
    }

    /** Rows of a tile to memory, {@code stride} bytes apart. */
    void storeTile(At target, Register stride, int tile) {
        vex(MAP_0F38, PREFIX_F3, 0, stride.high(), target.base().high());
        bytes(0x4B);
        strided(tile, target, stride);
    }

    /** Adds the product of two tiles of bfloat16, the right one in pairs of rows, to a tile of float32. */
    void dotTile(int target, int left, int right) {
        vex(MAP_0F38, PREFIX_F3, right, 0, 0);
        bytes(0x5C, 0xC0 | target << 3 | left);
    }

    /** The instructions so far, jumps resolved. */
    byte[] code() {
        byte[] finished = code.toByteArray();
        for (Jump jump : jumps) {
            if (jump.target.position < 0) {
                throw new IllegalStateException("a jump leads to a label that was never bound");
            }
            int distance = jump.target.position - jump.end;
            for (int i = 0; i < Integer.BYTES; i++) {
                finished[jump.end - Integer.BYTES + i] = (byte) (distance >> 8 * i);
            }
        }
        return finished;
    }

    // Encoding.

    final void bytes(int... values) {
        for (int value : values) {
            code.write(value);
        }
    }

    private void int32(int value) {
        bytes(value & 0xFF, value >>> 8 & 0xFF, value >>> 16 & 0xFF, value >>> 24);
    }

    private void rex(Register reg, Register rm) {
        bytes(0x48 | reg.high() << 2 | rm.high());
    }

    final void vex(int map, int prefix, int second, int indexHigh, int baseHigh) {
        bytes(0xC4, 0x80 | (1 ^ indexHigh) << 6 | (1 ^ baseHigh) << 5 | map, (~second & 15) << 3 | prefix);
    }

    final void registers(int reg, int rm) {
        bytes(0xC0 | (reg & 7) << 3 | rm & 7);
    }

    /**
     * @param scale what a displacement of one byte counts in; see EVEX compressed displacement
     */
    final void memory(int reg, At place, int scale) {
        int base = place.base().low();
        int displacement = place.displacement();
        boolean none = displacement == 0 && place.base().low() != Register.RBP.low();
        boolean small = displacement % scale == 0 && (byte) (displacement / scale) == displacement / scale;
        int mode = none ? 0 : small ? 1 : 2;
        if (place.hasIndex() || base == Register.RSP.low()) {
            int times = Integer.numberOfTrailingZeros(place.scale());
            bytes(mode << 6 | reg << 3 | SIB_FOLLOWS, times << 6 | place.index().low() << 3 | base);
        } else {
            bytes(mode << 6 | reg << 3 | base);
        }
        displacement(mode, displacement, scale);
    }

    private void strided(int tile, At place, Register stride) {
        int displacement = place.displacement();
        boolean none = displacement == 0 && place.base().low() != Register.RBP.low();
        int mode = none ? 0 : (byte) displacement == displacement ? 1 : 2;
        bytes(mode << 6 | tile << 3 | SIB_FOLLOWS, stride.low() << 3 | place.base().low());
        displacement(mode, displacement, NO_SCALE);
    }

    private void displacement(int mode, int displacement, int scale) {
        if (mode == 1) {
            bytes(displacement / scale & 0xFF);
        } else if (mode == 2) {
            int32(displacement);
        }
    }
}
