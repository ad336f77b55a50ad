package dev.unmask.vector.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * How functions that multiply packed panels are called: {@code void (a, b, c, base, stride, blocks, rows, mask0, mask1,
 * scratch)}, all words of 64 bits, as the System V calling convention passes them.
 */
final class TileFunction {
    /** Rows of a panel of A, columns of a panel of B. */
    static final int PANEL = 16;

    /** Steps of k in a block: 16 pairs. */
    static final int BLOCK = 32;

    /** Bytes of a block of a panel: {@code PANEL × BLOCK} bfloat16. */
    static final int BLOCK_BYTES = PANEL * BLOCK * 2;

    static final Register A = Register.RDI;
    static final Register B = Register.RSI;
    static final Register C = Register.RDX;
    static final Register BASE = Register.RCX;
    static final Register STRIDE = Register.R8;
    static final Register BLOCKS = Register.R9;

    /** Bytes above the stack pointer where the caller left the seventh argument and those after it. */
    static final int ROWS = 8;

    static final int MASK_0 = 16;
    static final int MASK_1 = 24;
    static final int SCRATCH = 32;

    private static final MethodHandle CALL = handle();

    private TileFunction() {}

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
        ValueLayout word = ValueLayout.JAVA_LONG;
        // A call lasts microseconds: the thread may skip telling the garbage collector that it leaves Java.
        return Linker.nativeLinker()
                .downcallHandle(
                        FunctionDescriptor.ofVoid(word, word, word, word, word, word, word, word, word, word),
                        Linker.Option.critical(false));
    }

    static void call(
            MemorySegment function,
            long a,
            long b,
            long c,
            long base,
            long stride,
            long blocks,
            long rows,
            long mask0,
            long mask1,
            long scratch) {
        try {
            CALL.invokeExact(function, a, b, c, base, stride, blocks, rows, mask0, mask1, scratch);
        } catch (Throwable impossible) {
            throw new IllegalStateException("a call of machine code threw, which only Java code can", impossible);
        }
    }

    /** The lanes of a vector that hold the first columns of so many. */
    static long mask(int columns) {
        return (1L << Math.clamp(columns, 0, PANEL)) - 1;
    }
}
