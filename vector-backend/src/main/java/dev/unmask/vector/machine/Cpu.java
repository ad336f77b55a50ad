package dev.unmask.vector.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What of the instruction sets the processor has and the system saves at a switch of threads.
 *
 * @param avx2 256-bit vectors, with fused multiply-adds of float32
 * @param avx512 512-bit vectors of float32, with masks
 * @param avx512Bf16 dot products of bfloat16 pairs, in vectors
 * @param avx512Vnni dot products of quadruples of bytes, in vectors
 * @param amxBf16 products of bfloat16 tiles
 */
record Cpu(boolean avx2, boolean avx512, boolean avx512Bf16, boolean avx512Vnni, boolean amxBf16) {
    /** A processor without any of them. */
    static final Cpu NONE = new Cpu(false, false, false, false, false);

    private static final int LEAF_VERSION = 1;
    private static final int LEAF_FEATURES = 7;
    private static final int FMA = 12;
    private static final int OSXSAVE = 27;
    private static final int AVX2 = 5;
    private static final int AVX512F = 16;
    private static final int AVX512BW = 30;
    private static final int AVX512_BF16 = 5;
    private static final int AVX512_VNNI = 11;
    private static final int AMX_BF16 = 22;
    private static final int AMX_TILE = 24;

    /** The lower and upper halves of vectors 0 to 15, in XCR0. */
    private static final int AVX_STATE = 0x6;

    /** Opmask, the upper halves of vectors 0 to 15, vectors 16 to 31, and what AVX needs, in XCR0. */
    private static final int VECTOR_STATE = 0xE6;

    /** Tile configuration and data, in XCR0. */
    private static final int TILE_STATE = 0x60000;

    private static final int WORDS = 4;

    /**
     * Asks the processor.
     *
     * @param refusal told why, if it cannot be asked although it is one of x86-64 under Linux
     * @return what it has; {@link #NONE} if it is not an x86-64 processor under Linux, or allows no executable memory
     */
    static Cpu detect(Consumer<String> refusal) {
        if (!MachineCode.hasPlatform()) {
            return NONE;
        }
        return MachineCode.load(List.of(cpuidFunction(), xgetbvFunction()), refusal)
                .map(functions -> ask(functions.get(0), functions.get(1)))
                .orElse(NONE);
    }

    /** The features that the answers of CPUID and XGETBV tell of. */
    static Cpu of(int[] version, int[] features, int[] moreFeatures, int state) {
        boolean saved = bit(version[2], OSXSAVE);
        boolean avx2 = saved && (state & AVX_STATE) == AVX_STATE && bit(version[2], FMA) && bit(features[1], AVX2);
        boolean vectors = saved && (state & VECTOR_STATE) == VECTOR_STATE;
        boolean avx512 = vectors && bit(features[1], AVX512F) && bit(features[1], AVX512BW);
        boolean tiles = avx512 && (state & TILE_STATE) == TILE_STATE && bit(features[3], AMX_TILE);
        return new Cpu(
                avx2,
                avx512,
                avx512 && bit(moreFeatures[0], AVX512_BF16),
                avx512 && bit(features[2], AVX512_VNNI),
                tiles && bit(features[3], AMX_BF16));
    }

    /** The largest vectors that float32 can be multiplied in. */
    Optional<VectorSize> vectors() {
        if (avx512) {
            return Optional.of(VectorSize.ZMM);
        }
        return avx2 ? Optional.of(VectorSize.YMM) : Optional.empty();
    }

    @SuppressWarnings("restricted")
    private static Cpu ask(MemorySegment cpuid, MemorySegment xgetbv) {
        FunctionDescriptor takes =
                FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
        MethodHandle call = Linker.nativeLinker().downcallHandle(takes);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(ValueLayout.JAVA_INT, WORDS);
            int[] highest = ask(call, cpuid, 0, 0, answer);
            int[] version = ask(call, cpuid, LEAF_VERSION, 0, answer);
            if (highest[0] < LEAF_FEATURES || !bit(version[2], OSXSAVE)) {
                return NONE;
            }
            int[] features = ask(call, cpuid, LEAF_FEATURES, 0, answer);
            int[] moreFeatures = features[0] >= 1 ? ask(call, cpuid, LEAF_FEATURES, 1, answer) : new int[WORDS];
            return of(version, features, moreFeatures, ask(call, xgetbv, 0, 0, answer)[0]);
        } catch (Throwable impossible) {
            throw new IllegalStateException("a call of machine code threw, which only Java code can", impossible);
        }
    }

    private static int[] ask(MethodHandle call, MemorySegment function, long leaf, long part, MemorySegment answer)
            throws Throwable {
        call.invokeExact(function, leaf, part, answer.address());
        return answer.toArray(ValueLayout.JAVA_INT);
    }

    private static boolean bit(int word, int bit) {
        return (word >>> bit & 1) == 1;
    }

    /** {@code void (leaf, part, answer)}: EAX, EBX, ECX, EDX to the answer. */
    static byte[] cpuidFunction() {
        Assembler code = new Assembler();
        code.push(Register.RBX);
        code.move(Register.RAX, Register.RDI);
        code.move(Register.RCX, Register.RSI);
        code.move(Register.R8, Register.RDX);
        code.cpuid();
        code.storeInt(Register.R8.at(0), Register.RAX);
        code.storeInt(Register.R8.at(4), Register.RBX);
        code.storeInt(Register.R8.at(8), Register.RCX);
        code.storeInt(Register.R8.at(12), Register.RDX);
        code.pop(Register.RBX);
        code.ret();
        return code.code();
    }

    /** {@code void (ignored, register, answer)}: EAX, EDX to the answer. */
    private static byte[] xgetbvFunction() {
        Assembler code = new Assembler();
        code.move(Register.RCX, Register.RSI);
        code.move(Register.R8, Register.RDX);
        code.xgetbv();
        code.storeInt(Register.R8.at(0), Register.RAX);
        code.storeInt(Register.R8.at(4), Register.RDX);
        code.ret();
        return code.code();
    }
}
