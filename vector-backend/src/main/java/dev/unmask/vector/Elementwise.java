package dev.unmask.vector;

import static dev.unmask.vector.Memory.ALL;
import static dev.unmask.vector.Species.BYTES;
import static dev.unmask.vector.Species.FLOATS;
import static dev.unmask.vector.Species.LANES;
import static dev.unmask.vector.Species.ORDER;

import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Scale;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

import java.lang.foreign.MemorySegment;

/** Kernels in which every element stands for itself. */
final class Elementwise {
    /** Elements of a task: three operands of this length fit a second-level cache. */
    static final int BLOCK = 1 << 14;

    private Elementwise() {}

    static BoundKernel bind(Add kernel, Binding binding) {
        return new BoundAdd(
                binding.address(kernel.left()),
                binding.address(kernel.right()),
                binding.address(kernel.out()),
                kernel.out().shape().elements());
    }

    static BoundKernel bind(Copy kernel, Binding binding) {
        return new BoundCopy(
                binding.address(kernel.source()), binding.address(kernel.target()), kernel.target().bytes());
    }

    static BoundKernel bind(Fill kernel, Binding binding) {
        return new BoundFill(binding.address(kernel.target()), kernel.target().shape().elements(), kernel.value());
    }

    static BoundKernel bind(Guide kernel, Binding binding) {
        return new BoundGuide(
                binding.address(kernel.conditional()),
                binding.address(kernel.unconditional()),
                binding.address(kernel.scale()),
                binding.address(kernel.out()),
                kernel.out().shape().columns(),
                binding.live(kernel.limit(), kernel.out().shape().rows()));
    }

    static BoundKernel bind(Scale kernel, Binding binding) {
        return new BoundScale(
                binding.address(kernel.x()),
                kernel.factor(),
                binding.address(kernel.out()),
                kernel.out().shape().columns(),
                binding.live(kernel.limit(), kernel.out().shape().rows()));
    }

    /** How many blocks a number of elements makes. */
    static int blocks(long elements) {
        return Math.toIntExact((elements + BLOCK - 1) / BLOCK);
    }

    /** How many elements a block has: {@link #BLOCK}, or what is left. */
    static int length(int block, long elements) {
        return (int) Math.min(BLOCK, elements - (long) block * BLOCK);
    }

    private record BoundAdd(long left, long right, long out, long elements) implements TaskKernel {
        @Override
        public int tasks() {
            return blocks(elements);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * BLOCK * Float.BYTES;
            add(left + at, right + at, out + at, length(task, elements));
        }
    }

    /** {@code out = left + right}. */
    static void add(long left, long right, long out, int n) {
        long at = 0;
        int i = 0;
        for (; i <= n - LANES; i += LANES, at += BYTES) {
            FloatVector l = FloatVector.fromMemorySegment(FLOATS, ALL, left + at, ORDER);
            l.add(FloatVector.fromMemorySegment(FLOATS, ALL, right + at, ORDER))
                    .intoMemorySegment(ALL, out + at, ORDER);
        }
        if (i < n) {
            VectorMask<Float> tail = FLOATS.indexInRange(i, n);
            FloatVector l = FloatVector.fromMemorySegment(FLOATS, ALL, left + at, ORDER, tail);
            l.add(FloatVector.fromMemorySegment(FLOATS, ALL, right + at, ORDER, tail))
                    .intoMemorySegment(ALL, out + at, ORDER, tail);
        }
    }

    private record BoundCopy(long source, long target, long bytes) implements TaskKernel {
        private static final long CHUNK = 4L * BLOCK;

        @Override
        public int tasks() {
            return Math.toIntExact((bytes + CHUNK - 1) / CHUNK);
        }

        @Override
        public void run(int task, int worker) {
            long at = task * CHUNK;
            copy(source + at, target + at, Math.min(CHUNK, bytes - at));
        }
    }

    static void copy(long source, long target, long bytes) {
        MemorySegment.copy(ALL, source, ALL, target, bytes);
    }

    private record BoundFill(long target, long elements, float value) implements TaskKernel {
        @Override
        public int tasks() {
            return blocks(elements);
        }

        @Override
        public void run(int task, int worker) {
            fill(target + (long) task * BLOCK * Float.BYTES, length(task, elements), value);
        }
    }

    static void fill(long target, int n, float value) {
        FloatVector v = FloatVector.broadcast(FLOATS, value);
        long at = 0;
        int i = 0;
        for (; i <= n - LANES; i += LANES, at += BYTES) {
            v.intoMemorySegment(ALL, target + at, ORDER);
        }
        if (i < n) {
            v.intoMemorySegment(ALL, target + at, ORDER, FLOATS.indexInRange(i, n));
        }
    }

    private record BoundGuide(long conditional, long unconditional, long scale, long out, int columns, LiveRows live)
            implements TaskKernel {
        @Override
        public int tasks() {
            return blocks((long) live.count() * columns);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * BLOCK * Float.BYTES;
            int n = length(task, (long) live.count() * columns);
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
            return blocks((long) live.count() * columns);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * BLOCK * Float.BYTES;
            scale(x + at, factor, out + at, length(task, (long) live.count() * columns));
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
