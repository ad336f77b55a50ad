package dev.unmask.tornado;

import dev.unmask.tensor.BFloat16;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Carries host memory of any length to and from a {@link DevicePlan}, part by part. */
final class Transfers {
    /** Elements of the smaller staging arrays: enough for ids of a batch, and quick. */
    static final int SMALL = 4096;

    /** Elements of staging arrays for ids of a large batch: 256 KiB. */
    static final int MEDIUM = 1 << 16;

    /** Elements of the larger staging arrays: 4 MiB. */
    static final int LARGE = 1 << 20;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private Transfers() {}

    static void uploadFloats(DevicePlan plan, long address, MemorySegment source) {
        long elements = source.byteSize() / Float.BYTES;
        for (long from = 0; from < elements; from += LARGE) {
            int n = (int) Math.min(LARGE, elements - from);
            MemorySegment.copy(source, from * Float.BYTES, plan.floats(n).getSegment(), 0, (long) n * Float.BYTES);
            plan.put(address + from, n);
        }
    }

    static void downloadFloats(DevicePlan plan, long address, MemorySegment target) {
        long elements = target.byteSize() / Float.BYTES;
        for (long from = 0; from < elements; from += LARGE) {
            int n = (int) Math.min(LARGE, elements - from);
            plan.get(address + from, n);
            MemorySegment.copy(plan.floats(n).getSegment(), 0, target, from * Float.BYTES, (long) n * Float.BYTES);
        }
    }

    static void uploadWords(DevicePlan plan, int address, MemorySegment source) {
        long elements = source.byteSize() / Integer.BYTES;
        for (long from = 0; from < elements; from += LARGE) {
            int n = (int) Math.min(LARGE, elements - from);
            MemorySegment.copy(source, from * Integer.BYTES, plan.words(n).getSegment(), 0, (long) n * Integer.BYTES);
            plan.putWords(address + (int) from, n);
        }
    }

    static void downloadWords(DevicePlan plan, int address, MemorySegment target) {
        long elements = target.byteSize() / Integer.BYTES;
        for (long from = 0; from < elements; from += LARGE) {
            int n = (int) Math.min(LARGE, elements - from);
            plan.getWords(address + (int) from, n);
            MemorySegment.copy(plan.words(n).getSegment(), 0, target, from * Integer.BYTES, (long) n * Integer.BYTES);
        }
    }

    /** Widens bfloat16 to the float32 that it is on the device. */
    static void uploadBfloats(DevicePlan plan, long address, MemorySegment source) {
        long elements = source.byteSize() / Short.BYTES;
        for (long from = 0; from < elements; from += LARGE) {
            int n = (int) Math.min(LARGE, elements - from);
            MemorySegment staging = plan.floats(n).getSegment();
            for (int i = 0; i < n; i++) {
                staging.setAtIndex(FLOAT, i, BFloat16.widen(source.getAtIndex(SHORT, from + i)));
            }
            plan.put(address + from, n);
        }
    }

    /** Narrows what was widened; nothing is lost, as kernels only copy bfloat16. */
    static void downloadBfloats(DevicePlan plan, long address, MemorySegment target) {
        long elements = target.byteSize() / Short.BYTES;
        for (long from = 0; from < elements; from += LARGE) {
            int n = (int) Math.min(LARGE, elements - from);
            plan.get(address + from, n);
            MemorySegment staging = plan.floats(n).getSegment();
            for (int i = 0; i < n; i++) {
                target.setAtIndex(SHORT, from + i, BFloat16.bits(staging.getAtIndex(FLOAT, i)));
            }
        }
    }
}
