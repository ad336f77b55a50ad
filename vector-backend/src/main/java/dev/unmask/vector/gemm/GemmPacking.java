package dev.unmask.vector.gemm;

import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.HALVES;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Species;
import dev.unmask.vector.lanes.Transpose;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;

import java.lang.foreign.MemorySegment;

/**
 * Packing of matrix operands into panels: {@code [k, width]} float32, so that the micro-kernel reads both operands from
 * the first byte to the last. BF16 operands are widened on the way.
 *
 * <p>"Items" are the rows of op(A) or the columns of op(B); a panel holds {@code width} of them. Items beyond the last
 * are padding of any finite or non-finite value: the micro-kernel computes with them but never stores the outcome.
 */
public final class GemmPacking {
    /** Steps of k that BF16 rows are widened by at a time: rows of a block stay in the first-level cache. */
    private static final int WIDENED = 128;

    private GemmPacking() {}

    /** Bytes of a panel, with room for the last row to be stored as whole vectors. */
    static long panelBytes(int k, int width) {
        return Memory.aligned((long) k * width * Float.BYTES) + Memory.ALIGNMENT;
    }

    /** Bytes of scratch that {@link #pack} needs. */
    static long scratchBytes() {
        return (long) LANES * WIDENED * Float.BYTES;
    }

    /**
     * Packs one panel.
     *
     * @param items the operand
     * @param first the first item of the panel
     * @param count how many items exist, in {@code [1, width]}
     * @param from the first step of k
     * @param k how many steps of k
     * @param width items of a panel, {@link GemmKernel#MR} or {@link GemmKernel#NR}
     * @param panel where to, of {@link #panelBytes}
     * @param scratch of {@link #scratchBytes()}
     */
    static void pack(Items items, int first, int count, int from, int k, int width, long panel, long scratch) {
        long source = items.address(first, from);
        // The last vector of a step may reach into the next step, whose first items are written after it.
        int last = (width - 1) / LANES * LANES;
        if (items.alongK()) {
            for (int i = last; i >= 0; i -= LANES) {
                int rows = Math.min(LANES, Math.max(count - i, 1));
                long row = source + (long) Math.min(i, count - 1) * items.stride();
                transpose(items, row, rows, k, width, panel + i * 4L, scratch);
            }
        } else if (count == width && width == 2 * LANES) {
            copyPairs(items, source, k, panel);
        } else {
            for (int i = last; i >= 0; i -= LANES) {
                int lanes = Math.clamp(count - i, 0, Math.min(LANES, width - i));
                copyMasked(items, source + (long) i * items.bytes(), lanes, k, width, panel + i * 4L);
            }
        }
    }

    private static void transpose(Items items, long row, int rows, int k, int width, long panel, long scratch) {
        long step = width * 4L;
        if (k < LANES) {
            transposeScalar(items, row, rows, k, step, panel);
        } else if (items.bf16()) {
            for (int p = 0; p < k; p += WIDENED) {
                // The last columns are those that a whole block can end with: some are written twice.
                int q = Math.max(0, Math.min(p, k - WIDENED));
                int steps = Math.min(WIDENED, k - q);
                for (int r = 0; r < rows; r++) {
                    widen(row + r * items.stride() + q * 2L, steps, scratch + r * WIDENED * 4L);
                }
                transposeBlocks(scratch, WIDENED * 4L, rows, steps, panel + q * step, step);
            }
        } else {
            transposeBlocks(row, items.stride(), rows, k, panel, step);
        }
    }

    private static void transposeBlocks(long row, long stride, int rows, int k, long panel, long step) {
        int blocks = k / LANES;
        Transpose.rows(blocks, row, stride, rows, panel, step);
        if (blocks * LANES < k) {
            int q = k - LANES;
            Transpose.rows(1, row + q * 4L, stride, rows, panel + q * step, step);
        }
    }

    private static void transposeScalar(Items items, long row, int rows, int k, long step, long panel) {
        for (int p = 0; p < k; p++) {
            for (int r = 0; r < rows; r++) {
                long source = row + r * items.stride() + (long) p * items.bytes();
                Memory.f32(panel + p * step + r * 4L, items.bf16() ? Memory.bf16(source) : Memory.f32(source));
            }
        }
    }

    /**
     * Copies one item as float32.
     *
     * @param items the operand
     * @param item which
     * @param k its steps
     * @param target where to
     */
    static void copyItem(Items items, int item, int k, long target) {
        long source = items.address(item, 0);
        if (!items.alongK()) {
            for (int p = 0; p < k; p++) {
                long s = source + p * items.stride();
                Memory.f32(target + p * 4L, items.bf16() ? Memory.bf16(s) : Memory.f32(s));
            }
        } else if (items.bf16()) {
            widen(source, k, target);
        } else {
            MemorySegment.copy(Memory.ALL, source, Memory.ALL, target, k * 4L);
        }
    }

    private static void widen(long source, int count, long target) {
        int whole = FLOATS.loopBound(count);
        for (int i = 0; i < whole; i += LANES) {
            ShortVector bits = ShortVector.fromMemorySegment(HALVES, Memory.ALL, source + i * 2L, ORDER);
            Species.widen(bits).intoMemorySegment(Memory.ALL, target + i * 4L, ORDER);
        }
        for (int i = whole; i < count; i++) {
            Memory.f32(target + i * 4L, Memory.bf16(source + i * 2L));
        }
    }

    private static void copyPairs(Items items, long source, int k, long panel) {
        long stride = items.stride();
        if (items.bf16()) {
            for (int p = 0; p < k; p++) {
                long s = source + p * stride;
                long t = panel + p * (2L * BYTES);
                ShortVector left = ShortVector.fromMemorySegment(HALVES, Memory.ALL, s, ORDER);
                ShortVector right = ShortVector.fromMemorySegment(HALVES, Memory.ALL, s + BYTES / 2, ORDER);
                Species.widen(left).intoMemorySegment(Memory.ALL, t, ORDER);
                Species.widen(right).intoMemorySegment(Memory.ALL, t + BYTES, ORDER);
            }
        } else {
            for (int p = 0; p < k; p++) {
                long s = source + p * stride;
                long t = panel + p * (2L * BYTES);
                FloatVector left = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, s, ORDER);
                FloatVector right = FloatVector.fromMemorySegment(FLOATS, Memory.ALL, s + BYTES, ORDER);
                left.intoMemorySegment(Memory.ALL, t, ORDER);
                right.intoMemorySegment(Memory.ALL, t + BYTES, ORDER);
            }
        }
    }

    /** Copies columns, with zeros after them; whole vectors are stored, so ascending rows mend what they overlap. */
    private static void copyMasked(Items items, long source, int lanes, int k, int width, long panel) {
        long stride = items.stride();
        long step = width * 4L;
        if (items.bf16()) {
            VectorMask<Short> mask = HALVES.indexInRange(0, lanes);
            for (int p = 0; p < k; p++) {
                ShortVector bits = ShortVector.fromMemorySegment(HALVES, Memory.ALL, source + p * stride, ORDER, mask);
                Species.widen(bits).intoMemorySegment(Memory.ALL, panel + p * step, ORDER);
            }
        } else {
            VectorMask<Float> mask = FLOATS.indexInRange(0, lanes);
            for (int p = 0; p < k; p++) {
                FloatVector.fromMemorySegment(FLOATS, Memory.ALL, source + p * stride, ORDER, mask)
                        .intoMemorySegment(Memory.ALL, panel + p * step, ORDER);
            }
        }
    }

    /**
     * An operand seen as items, each a sequence along k.
     *
     * @param address where item 0, step 0 lies
     * @param stride bytes from an item to the next if {@code alongK}, else from a step of k to the next
     * @param alongK whether the elements of an item follow each other in memory; otherwise items do
     * @param bf16 whether elements are BF16, not F32
     */
    public record Items(long address, long stride, boolean alongK, boolean bf16) {
        int bytes() {
            return bf16 ? 2 : 4;
        }

        long address(int item, int step) {
            long outer = alongK ? item : step;
            long inner = alongK ? step : item;
            return address + outer * stride + inner * bytes();
        }
    }
}
