package dev.unmask.tornado;

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

    /** Two elements become a word; the last may be alone. */
    static void uploadBfloats(DevicePlan plan, long address, MemorySegment source) {
        long pairs = source.byteSize() / Float.BYTES;
        uploadFloats(plan, address, source);
        if (source.byteSize() > pairs * Float.BYTES) {
            MemorySegment staging = plan.floats(1).getSegment();
            staging.set(SHORT, 0, source.get(SHORT, pairs * Float.BYTES));
            staging.set(SHORT, Short.BYTES, (short) 0);
            plan.put(address + pairs, 1);
        }
    }

    /** Elements from one on, which may be the second of its word. */
    static void downloadBfloats(DevicePlan plan, long address, long first, MemorySegment target) {
        long end = first + target.byteSize() / Short.BYTES;
        for (long word = first / 2; 2 * word < end; word += LARGE) {
            int n = (int) Math.min(LARGE, (end + 1) / 2 - word);
            plan.get(address + word, n);
            long from = Math.max(first, 2 * word);
            long to = Math.min(end, 2 * (word + n));
            MemorySegment.copy(
                    plan.floats(n).getSegment(),
                    (from - 2 * word) * Short.BYTES,
                    target,
                    (from - first) * Short.BYTES,
                    (to - from) * Short.BYTES);
        }
    }
}
