package dev.unmask.vector.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Executes, one by one, the instructions that {@link Assembler} writes: a processor in Java, so that code for tiles is
 * tested on machines without them. It knows these instructions only, reads operands back from the bytes, and works on
 * the memory of the process.
 */
final class TileMachine {
    @SuppressWarnings("restricted")
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int RSP = 4;
    private static final int LANES = 16;
    private static final int STACK_BYTES = 1024;
    private static final long RETURNED = -1;
    private static final int[] WORD_ARGUMENTS = {7, 6, 2, 1, 8, 9};

    private final byte[] code;
    private final long[] general = new long[16];
    private final int[][] vectors = new int[32][LANES];
    private final int[] masks = new int[8];
    private final int[][][] tiles = new int[8][LANES][LANES];
    private boolean zero;
    private boolean tilesConfigured;
    private int at;

    // What the prefixes and the ModRM byte of the present instruction say.
    private int regHigh;
    private int indexHigh;
    private int baseHigh;
    private int second;
    private int mask;
    private boolean zeroing;
    private int reg;
    private int rm;
    private boolean inMemory;
    private long address;
    private int strideRegister;

    private TileMachine(byte[] code) {
        this.code = code;
    }

    /** Calls a function as the System V convention says. */
    static void call(byte[] code, long... arguments) {
        TileMachine machine = new TileMachine(code);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stack = arena.allocate(STACK_BYTES, 16);
            long top = stack.address() + STACK_BYTES / 2;
            machine.general[RSP] = top;
            MEMORY.set(LONG, top, RETURNED);
            for (int i = 0; i < arguments.length; i++) {
                if (i < WORD_ARGUMENTS.length) {
                    machine.general[WORD_ARGUMENTS[i]] = arguments[i];
                } else {
                    MEMORY.set(LONG, top + 8 + 8L * (i - WORD_ARGUMENTS.length), arguments[i]);
                }
            }
            long[] before = machine.general.clone();
            machine.run();
            for (int kept : new int[] {3, 5, 12, 13, 14, 15}) {
                if (machine.general[kept] != before[kept]) {
                    throw new IllegalStateException("register " + kept + " belongs to the caller and was changed");
                }
            }
            if (machine.tilesConfigured || machine.general[RSP] != top + 8) {
                throw new IllegalStateException("tiles are left configured, or the stack is not as it was");
            }
        }
    }

    private void run() {
        while (true) {
            int opcode = next();
            regHigh = 0;
            indexHigh = 0;
            baseHigh = 0;
            switch (opcode) {
                case 0x62 -> evex();
                case 0xC4 -> vex();
                case 0xC5 -> zeroUpper();
                case 0xC3 -> {
                    if (pop() != RETURNED) {
                        throw new IllegalStateException("the stack does not lead back to the caller");
                    }
                    return;
                }
                default -> {
                    boolean wide = false;
                    if (opcode >>> 4 == 4) {
                        wide = (opcode & 8) != 0;
                        regHigh = (opcode >>> 2 & 1) << 3;
                        baseHigh = (opcode & 1) << 3;
                        opcode = next();
                    }
                    plain(opcode, wide);
                }
            }
        }
    }

    private void plain(int opcode, boolean wide) {
        int register = (opcode & 7) | baseHigh;
        switch (opcode) {
            case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57 -> {
                general[RSP] -= 8;
                MEMORY.set(LONG, general[RSP], general[register]);
            }
            case 0x58, 0x59, 0x5A, 0x5B, 0x5C, 0x5D, 0x5E, 0x5F -> general[register] = pop();
            case 0xB8, 0xB9, 0xBA, 0xBB, 0xBC, 0xBD, 0xBE, 0xBF -> {
                general[register] = int32() & 0xFFFFFFFFL | (long) int32() << 32;
            }
            case 0x89 -> {
                operands(1);
                require(wide && !inMemory, "a move between registers");
                general[rm] = general[reg];
            }
            case 0x8B -> {
                operands(1);
                require(wide && inMemory, "a load of 64 bits");
                general[reg] = MEMORY.get(LONG, address);
            }
            case 0x01 -> {
                operands(1);
                set(rm, general[rm] + general[reg]);
            }
            case 0x81 -> {
                operands(1);
                set(rm, general[rm] + int32());
            }
            case 0xC1 -> {
                operands(1);
                set(rm, general[rm] << next());
            }
            case 0xFF -> {
                operands(1);
                set(rm, general[rm] - 1);
            }
            case 0x85 -> {
                operands(1);
                zero = (general[rm] & general[reg]) == 0;
            }
            case 0x0F -> twoBytes(next());
            default -> throw unknown(opcode);
        }
    }

    private void twoBytes(int opcode) {
        switch (opcode) {
            case 0x84, 0x85 -> {
                int distance = int32();
                if (zero == (opcode == 0x84)) {
                    at += distance;
                }
            }
            case 0x0D -> operands(1);
            default -> throw unknown(opcode);
        }
    }

    private void zeroUpper() {
        require(next() == 0xF8 && next() == 0x77, "vzeroupper");
    }

    private void vex() {
        int first = next();
        int last = next();
        regHigh = (~first >>> 7 & 1) << 3;
        indexHigh = (~first >>> 6 & 1) << 3;
        baseHigh = (~first >>> 5 & 1) << 3;
        second = ~last >>> 3 & 15;
        int prefix = last & 3;
        int opcode = next();
        operands(1);
        switch ((first & 31) << 16 | prefix << 8 | opcode) {
            case 0x010092 -> masks[reg] = (int) general[rm] & 0xFFFF;
            case 0x020049 -> {
                if (inMemory) {
                    configure();
                } else {
                    tilesConfigured = false;
                }
            }
            case 0x020349 -> tiles[configured(reg)] = new int[LANES][LANES];
            case 0x02034B -> {
                for (int row = 0; row < LANES; row++) {
                    for (int word = 0; word < LANES; word++) {
                        tiles[configured(reg)][row][word] = MEMORY.get(INT, rowAddress(row) + 4L * word);
                    }
                }
            }
            case 0x02024B -> {
                for (int row = 0; row < LANES; row++) {
                    for (int word = 0; word < LANES; word++) {
                        MEMORY.set(INT, rowAddress(row) + 4L * word, tiles[configured(reg)][row][word]);
                    }
                }
            }
            case 0x02025C -> dotTile(tiles[configured(reg)], tiles[configured(rm)], tiles[configured(second)]);
            default -> throw unknown(opcode);
        }
    }

    /** Where the stride of a tile is a register, the index of the address is that register. */
    private long rowAddress(int row) {
        return address + row * general[strideRegister];
    }

    private int configured(int tile) {
        require(tilesConfigured, "a configuration of tiles");
        return tile;
    }

    private void configure() {
        require(MEMORY.get(ValueLayout.JAVA_BYTE, address) == 1, "palette 1");
        for (int tile = 0; tile < 8; tile++) {
            int bytes = MEMORY.get(ValueLayout.JAVA_SHORT_UNALIGNED, address + 16 + 2L * tile);
            int rows = MEMORY.get(ValueLayout.JAVA_BYTE, address + 48 + tile);
            require(bytes == 64 && rows == LANES, "whole tiles");
            tiles[tile] = new int[LANES][LANES];
        }
        tilesConfigured = true;
    }

    private static void dotTile(int[][] sums, int[][] left, int[][] right) {
        for (int m = 0; m < LANES; m++) {
            for (int n = 0; n < LANES; n++) {
                float low = 0;
                float high = 0;
                for (int k = 0; k < LANES; k++) {
                    low = Math.fma(low(left[m][k]), low(right[k][n]), low);
                    high = Math.fma(high(left[m][k]), high(right[k][n]), high);
                }
                sums[m][n] = Float.floatToRawIntBits(Float.intBitsToFloat(sums[m][n]) + (low + high));
            }
        }
    }

    private static float low(int pair) {
        return factor(pair << 16);
    }

    private static float high(int pair) {
        return factor(pair & 0xFFFF0000);
    }

    /** Subnormal factors count as zero. */
    private static float factor(int bits) {
        float factor = Float.intBitsToFloat(bits);
        return Math.abs(factor) < Float.MIN_NORMAL ? 0 : factor;
    }

    private void evex() {
        int first = next();
        int middle = next();
        int last = next();
        require((last >>> 5 & 3) == 2 && (first & 8) == 0 && (middle & 4) != 0, "512 bits");
        regHigh = (~first >>> 7 & 1) << 3 | (~first >>> 4 & 1) << 4;
        int rmHigh = (~first >>> 6 & 1) << 4;
        baseHigh = (~first >>> 5 & 1) << 3;
        second = ~middle >>> 3 & 15 | (~last >>> 3 & 1) << 4;
        mask = (last & 7) == 0 ? 0xFFFF : masks[last & 7];
        zeroing = (last & 0x80) != 0;
        int opcode = next();
        int form = (first & 7) << 16 | (middle & 3) << 8 | opcode;
        operands(form == 0x020158 ? 4 : 64);
        int right = rm | rmHigh;
        switch (form) {
            case 0x010010 -> {
                for (int i = 0; i < LANES; i++) {
                    vectors[reg][i] = MEMORY.get(INT, address + 4L * i);
                }
            }
            case 0x010011 -> {
                for (int i = 0; i < LANES; i++) {
                    if ((mask >>> i & 1) == 1) {
                        MEMORY.set(INT, address + 4L * i, vectors[reg][i]);
                    }
                }
            }
            case 0x010058 -> {
                for (int i = 0; i < LANES; i++) {
                    boolean present = (mask >>> i & 1) == 1;
                    require(present || zeroing, "zeros in lanes without a mask");
                    float sum = present ? f32(vectors[second][i]) + f32(MEMORY.get(INT, address + 4L * i)) : 0;
                    vectors[reg][i] = Float.floatToRawIntBits(sum);
                }
            }
            case 0x0101EF -> {
                for (int i = 0; i < LANES; i++) {
                    vectors[reg][i] = vectors[second][i] ^ vectors[right][i];
                }
            }
            case 0x020158 -> java.util.Arrays.fill(vectors[reg], MEMORY.get(INT, address));
            case 0x020252 -> {
                for (int i = 0; i < LANES; i++) {
                    int a = vectors[second][i];
                    int b = vectors[right][i];
                    float sum = Math.fma(high(a), high(b), f32(vectors[reg][i]));
                    vectors[reg][i] = Float.floatToRawIntBits(Math.fma(low(a), low(b), sum));
                }
            }
            default -> throw unknown(opcode);
        }
    }

    private static float f32(int bits) {
        return Float.intBitsToFloat(bits);
    }

    private void operands(int scale) {
        int modRm = next();
        int mode = modRm >>> 6;
        reg = modRm >>> 3 & 7 | regHigh;
        rm = modRm & 7 | baseHigh;
        inMemory = mode != 3;
        if (!inMemory) {
            return;
        }
        require(mode != 0 || (modRm & 7) != 5, "a base register");
        if ((modRm & 7) == 4) {
            int sib = next();
            rm = sib & 7 | baseHigh;
            strideRegister = sib >>> 3 & 7 | indexHigh;
            require(sib >>> 6 == 0 && (mode != 0 || (sib & 7) != 5), "an unscaled index and a base");
        }
        int displacement = mode == 0 ? 0 : mode == 1 ? (byte) next() * scale : int32();
        address = general[rm] + displacement;
    }

    private void set(int register, long value) {
        general[register] = value;
        zero = value == 0;
    }

    private long pop() {
        long value = MEMORY.get(LONG, general[RSP]);
        general[RSP] += 8;
        return value;
    }

    private int next() {
        return code[at++] & 0xFF;
    }

    private int int32() {
        return next() | next() << 8 | next() << 16 | next() << 24;
    }

    private void require(boolean holds, String expected) {
        if (!holds) {
            throw new IllegalStateException("before byte " + at + ": expected " + expected);
        }
    }

    private IllegalStateException unknown(int opcode) {
        return new IllegalStateException("before byte " + at + ": opcode " + Integer.toHexString(opcode));
    }
}
