package dev.unmask.vector;

import static dev.unmask.vector.Memory.ALL;
import static dev.unmask.vector.Species.FLOATS;
import static dev.unmask.vector.Species.LANES;
import static dev.unmask.vector.Species.ORDER;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.kernel.Rope;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Rotary position embedding. */
final class Rotary {
    private Rotary() {}

    static BoundKernel bind(Rope kernel, Binding binding) {
        return new BoundRope(
                binding.address(kernel.fused()),
                kernel.heads(),
                binding.address(kernel.positions()),
                binding.address(kernel.table()),
                kernel.inverse(),
                kernel.fused().shape().rows());
    }

    private record BoundRope(long fused, Heads heads, long positions, long table, boolean inverse, int rows)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Rows.tasks(rows, Rows.perTask(heads.fusedWidth()));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Rows.perTask(heads.fusedWidth());
            int to = Math.min(from + Rows.perTask(heads.fusedWidth()), rows);
            long headBytes = (long) heads.size() * Float.BYTES;
            int half = heads.size() / 2;
            for (int row = from; row < to; row++) {
                long at = fused + (long) row * heads.fusedWidth() * Float.BYTES;
                long angles = table + Memory.i32(positions + (long) row * Integer.BYTES) * headBytes;
                for (int group = 0; group < heads.groups(); group++) {
                    // A group's query heads and its key lie side by side; its value follows and is passed over.
                    for (int head = 0; head <= heads.perGroup(); head++) {
                        rotate(at, angles, half, inverse);
                        at += headBytes;
                    }
                    at += headBytes;
                }
            }
        }
    }

    private static void rotate(long head, long angles, int half, boolean inverse) {
        long halfBytes = (long) half * Float.BYTES;
        for (int i = 0; i < half; i += LANES) {
            long at = (long) i * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(i, half);
            FloatVector cos = FloatVector.fromMemorySegment(FLOATS, ALL, angles + at, ORDER, live);
            FloatVector sin = FloatVector.fromMemorySegment(FLOATS, ALL, angles + halfBytes + at, ORDER, live);
            FloatVector a = FloatVector.fromMemorySegment(FLOATS, ALL, head + at, ORDER, live);
            FloatVector b = FloatVector.fromMemorySegment(FLOATS, ALL, head + halfBytes + at, ORDER, live);
            FloatVector s = inverse ? sin.neg() : sin;
            a.mul(cos).sub(b.mul(s)).intoMemorySegment(ALL, head + at, ORDER, live);
            a.mul(s).add(b.mul(cos)).intoMemorySegment(ALL, head + halfBytes + at, ORDER, live);
        }
    }
}
