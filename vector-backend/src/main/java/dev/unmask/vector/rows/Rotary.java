package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Tail;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.HeadAddresses;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.FloatVector;

/** Rotary position embedding. */
public final class Rotary {
    private Rotary() {}

    public static BoundKernel bind(Rope kernel, Operands operands) {
        operands.workspace().reserveEach(Tail.room(4));
        return new BoundRope(
                HeadAddresses.of(kernel.heads(), operands),
                operands.address(kernel.positions()),
                operands.address(kernel.table()),
                kernel.inverse(),
                kernel.heads().rows(),
                operands.workspace());
    }

    private record BoundRope(
            HeadAddresses rows, long positions, long table, boolean inverse, int count, Workspace workspace)
            implements TaskKernel {
        private int perTask() {
            return Tasks.rows(rows.heads().columns());
        }

        @Override
        public int tasks() {
            return Tasks.of(count, perTask());
        }

        @Override
        public void run(int task, int worker) {
            HeadRows heads = rows.heads();
            int from = task * perTask();
            int to = Math.min(from + perTask(), count);
            long headBytes = (long) heads.size() * Float.BYTES;
            int half = heads.size() / 2;
            for (int row = from; row < to; row++) {
                long angles = table + Memory.i32(positions + (long) row * Integer.BYTES) * headBytes;
                for (int first = 0; first < heads.count(); first += heads.run()) {
                    long at = rows.at(row, first);
                    for (int head = 0; head < heads.run(); head++) {
                        rotate(at, angles, half, inverse, workspace.of(worker));
                        at += headBytes;
                    }
                }
            }
        }
    }

    private static void rotate(long head, long angles, int half, boolean inverse, long tail) {
        long halfBytes = (long) half * Float.BYTES;
        int whole = Tail.whole(half);
        rotate(head, head + halfBytes, angles, angles + halfBytes, whole, inverse);
        if (whole < half) {
            long at = (long) whole * Float.BYTES;
            int rest = half - whole;
            Tail.fetch(head + at, rest, tail);
            Tail.fetch(head + halfBytes + at, rest, Tail.at(tail, 1));
            Tail.fetch(angles + at, rest, Tail.at(tail, 2));
            Tail.fetch(angles + halfBytes + at, rest, Tail.at(tail, 3));
            rotate(tail, Tail.at(tail, 1), Tail.at(tail, 2), Tail.at(tail, 3), LANES, inverse);
            Tail.put(tail, rest, head + at);
            Tail.put(Tail.at(tail, 1), rest, head + halfBytes + at);
        }
    }

    /** Of a multiple of {@code LANES}. */
    private static void rotate(long left, long right, long cosines, long sines, int n, boolean inverse) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector cos = FloatVector.fromMemorySegment(FLOATS, ALL, cosines + at, ORDER);
            FloatVector sin = FloatVector.fromMemorySegment(FLOATS, ALL, sines + at, ORDER);
            FloatVector a = FloatVector.fromMemorySegment(FLOATS, ALL, left + at, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(FLOATS, ALL, right + at, ORDER);
            FloatVector s = inverse ? sin.neg() : sin;
            a.mul(cos).sub(b.mul(s)).intoMemorySegment(ALL, left + at, ORDER);
            a.mul(s).add(b.mul(cos)).intoMemorySegment(ALL, right + at, ORDER);
        }
    }
}
