package dev.unmask.vector.lanes;

import dev.unmask.tensor.BFloat16;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * All of memory, by absolute address: the one place where kernels step outside checked segments.
 *
 * <p>A load from a segment of its own costs a liveness check and a bounds check against a length that is not a
 * constant, and C2 keeps both in the loop: the 12×2 micro-kernel of {@code GemmKernel} ran at 126 GFLOP/s through plain
 * segments and at 218 through this one (of 245 that the core can do; Temurin 25, Sapphire Rapids, 2026-11). This
 * segment belongs to the global scope, which never closes, and its length is a constant, so both checks vanish.
 *
 * <p>The price is that a wrong address is a crash or silent damage. Kernels are therefore called with addresses of
 * tensors whose shapes have been checked, and their tests surround every result with sentinels.
 */
public final class Memory {
    /** Memory from address zero upward; an offset into it is an absolute address. */
    @SuppressWarnings("restricted")
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** Where vectors like to start: the size of a cache line and of the widest vector. */
    public static final int ALIGNMENT = 64;

    private Memory() {}

    public static float f32(long address) {
        return ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address);
    }

    public static void f32(long address, float value) {
        ALL.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address, value);
    }

    public static double f64(long address) {
        return ALL.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, address);
    }

    public static void f64(long address, double value) {
        ALL.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, address, value);
    }

    public static int i32(long address) {
        return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address);
    }

    public static void i32(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address, value);
    }

    /** Reads a bfloat16. */
    public static float bf16(long address) {
        return BFloat16.widen(ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address));
    }

    /** The address of a segment's first byte. */
    static long address(MemorySegment segment) {
        if (!segment.isNative()) {
            throw new IllegalArgumentException("kernels read off-heap memory, found " + segment);
        }
        return segment.address();
    }

    /** Rounds a size up to a multiple of {@link #ALIGNMENT}. */
    public static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }
}
