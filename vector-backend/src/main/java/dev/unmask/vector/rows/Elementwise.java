package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Scale;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Tail;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Kernels in which every element stands for itself. */
public final class Elementwise {
    private Elementwise() {}

    public static BoundKernel bind(Add kernel, Operands operands) {
        return new BoundAdd(
                operands.address(kernel.left()),
                operands.address(kernel.right()),
                operands.address(kernel.out()),
                kernel.out().shape().elements());
    }

    public static BoundKernel bind(Copy kernel, Operands operands) {
        return new BoundCopy(
                operands.address(kernel.source()), operands.address(kernel.target()), kernel.target().bytes());
    }

    public static BoundKernel bind(Fill kernel, Operands operands) {
        return new BoundFill(operands.address(kernel.target()), kernel.target().shape().elements(), kernel.value());
    }

    public static BoundKernel bind(Guide kernel, Operands operands) {
        return new BoundGuide(
                operands.address(kernel.conditional()),
                operands.address(kernel.unconditional()),
                operands.address(kernel.scale()),
                operands.address(kernel.out()),
                kernel.out().shape().columns(),
                operands.live(kernel.limit(), kernel.out().shape().rows()));
    }

    public static BoundKernel bind(Scale kernel, Operands operands) {
        return new BoundScale(
                operands.address(kernel.x()),
                kernel.factor(),
                operands.address(kernel.out()),
                kernel.out().shape().columns(),
                operands.live(kernel.limit(), kernel.out().shape().rows()));
    }

    private record BoundAdd(long left, long right, long out, long elements) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks(elements);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            Floats.add(left + at, right + at, out + at, Tasks.length(task, elements));
        }
    }

    private record BoundCopy(long source, long target, long bytes) implements TaskKernel {
        private static final long CHUNK = 4L * Tasks.BLOCK;

        @Override
        public int tasks() {
            return Math.toIntExact((bytes + CHUNK - 1) / CHUNK);
        }

        @Override
        public void run(int task, int worker) {
            long at = task * CHUNK;
            Floats.copy(source + at, target + at, Math.min(CHUNK, bytes - at));
        }
    }

    private record BoundFill(long target, long elements, float value) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks(elements);
        }

        @Override
        public void run(int task, int worker) {
            Floats.fill(target + (long) task * Tasks.BLOCK * Float.BYTES, Tasks.length(task, elements), value);
        }
    }

    private record BoundGuide(long conditional, long unconditional, long scale, long out, int columns, LiveRows live)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks((long) live.count() * columns);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            int n = Tasks.length(task, (long) live.count() * columns);
            guide(conditional + at, unconditional + at, 1 + Memory.f32(scale), out + at, n);
        }
    }

    private static void guide(long conditional, long unconditional, float scale, long out, int n) {
        int whole = Tail.whole(n);
        for (int i = 0; i < whole; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector u = FloatVector.fromMemorySegment(FLOATS, ALL, unconditional + at, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(FLOATS, ALL, conditional + at, ORDER);
            c.sub(u).mul(scale).add(u).intoMemorySegment(ALL, out + at, ORDER);
        }
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            VectorMask<Float> rest = FLOATS.indexInRange(whole, n);
            FloatVector u = FloatVector.fromMemorySegment(FLOATS, ALL, unconditional + at, ORDER, rest);
            FloatVector c = FloatVector.fromMemorySegment(FLOATS, ALL, conditional + at, ORDER, rest);
            c.sub(u).mul(scale).add(u).intoMemorySegment(ALL, out + at, ORDER, rest);
        }
    }

    private record BoundScale(long x, float factor, long out, int columns, LiveRows live) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks((long) live.count() * columns);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            scale(x + at, factor, out + at, Tasks.length(task, (long) live.count() * columns));
        }
    }

    private static void scale(long x, float factor, long out, int n) {
        int whole = Tail.whole(n);
        for (int i = 0; i < whole; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER)
                    .mul(factor)
                    .intoMemorySegment(ALL, out + at, ORDER);
        }
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            VectorMask<Float> rest = FLOATS.indexInRange(whole, n);
            FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER, rest)
                    .mul(factor)
                    .intoMemorySegment(ALL, out + at, ORDER, rest);
        }
    }
}
