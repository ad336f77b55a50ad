package dev.unmask.vector;

import static dev.unmask.vector.Memory.ALL;
import static dev.unmask.vector.Species.FLOATS;
import static dev.unmask.vector.Species.LANES;
import static dev.unmask.vector.Species.ORDER;

import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The gated activation and its gradient. */
final class Activations {
    private Activations() {}

    static BoundKernel bind(SwiGlu kernel, Binding binding) {
        return new BoundSwiGlu(
                binding.address(kernel.gate()),
                binding.address(kernel.up()),
                binding.address(kernel.out()),
                kernel.out().shape().columns(),
                binding.live(kernel.limit(), kernel.out().shape().rows()));
    }

    static BoundKernel bind(SwiGluBackward kernel, Binding binding) {
        return new BoundSwiGluBackward(
                binding.address(kernel.gate()),
                binding.address(kernel.up()),
                binding.address(kernel.outGradient()),
                binding.address(kernel.gateGradient()),
                binding.address(kernel.upGradient()),
                kernel.gate().shape().columns(),
                binding.live(kernel.limit(), kernel.gate().shape().rows()));
    }

    private static long elements(int columns, LiveRows live) {
        return (long) live.count() * columns;
    }

    private record BoundSwiGlu(long gate, long up, long out, int columns, LiveRows live) implements TaskKernel {
        @Override
        public int tasks() {
            return Elementwise.blocks(elements(columns, live));
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Elementwise.BLOCK * Float.BYTES;
            swiGlu(gate + at, up + at, out + at, Elementwise.length(task, elements(columns, live)));
        }
    }

    private static void swiGlu(long gate, long up, long out, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(i, n);
            FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gate + at, ORDER, live);
            FloatVector u = FloatVector.fromMemorySegment(FLOATS, ALL, up + at, ORDER, live);
            FloatVector e = Exp.of(g.abs().neg());
            // By e^-|gate|, which cannot overflow: 1/(1 + e) on the right of zero, e/(1 + e) on the left.
            FloatVector upper = e.blend(1f, g.compare(VectorOperators.GE, 0f));
            g.mul(upper.div(e.add(1f))).mul(u).intoMemorySegment(ALL, out + at, ORDER, live);
        }
    }

    private record BoundSwiGluBackward(
            long gate, long up, long outGradient, long gateGradient, long upGradient, int columns, LiveRows live)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Elementwise.blocks(elements(columns, live));
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Elementwise.BLOCK * Float.BYTES;
            int n = Elementwise.length(task, elements(columns, live));
            swiGluBackward(gate + at, up + at, outGradient + at, gateGradient + at, upGradient + at, n);
        }
    }

    private static void swiGluBackward(
            long gate, long up, long outGradient, long gateGradient, long upGradient, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(i, n);
            FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gate + at, ORDER, live);
            FloatVector u = FloatVector.fromMemorySegment(FLOATS, ALL, up + at, ORDER, live);
            FloatVector dy = FloatVector.fromMemorySegment(FLOATS, ALL, outGradient + at, ORDER, live);
            FloatVector e = Exp.of(g.abs().neg());
            FloatVector s = e.blend(1f, g.compare(VectorOperators.GE, 0f)).div(e.add(1f));
            FloatVector silu = g.mul(s);
            // s·(1 + g·(1 - s)) with g·s at hand.
            FloatVector slope = one.sub(s).fma(silu, s);
            dy.mul(u).mul(slope).intoMemorySegment(ALL, gateGradient + at, ORDER, live);
            dy.mul(silu).intoMemorySegment(ALL, upGradient + at, ORDER, live);
        }
    }
}
