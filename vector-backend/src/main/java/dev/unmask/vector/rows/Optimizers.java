package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.MovingAverage;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.vector.lanes.Lanes;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Tail;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** AdamW, the norm that gradients are clipped by, and averages of weights. */
public final class Optimizers {
    /** What PyTorch adds to the norm before it divides by it. */
    private static final double CLIP_EPSILON = 1e-6;

    /** Squares summed in float32, a few dozen to a lane of four vectors, before float64 takes over. */
    private static final int FLOAT_SUMS = 4096;

    private Optimizers() {}

    public static BoundKernel bind(SumOfSquares kernel, Operands operands) {
        long elements = kernel.x().shape().elements();
        operands.workspace().reserveEach(Lanes.ROOM);
        operands.workspace().reserveShared((long) Tasks.blocks(elements) * Double.BYTES);
        SquareBlocks squares = new SquareBlocks(operands.address(kernel.x()), elements, operands.workspace());
        long slot = operands.address(kernel.sums()) + (long) kernel.slot() * Float.BYTES;
        return workers -> {
            squares.run(workers);
            double sum = 0;
            for (int block = 0; block < squares.tasks(); block++) {
                sum += Memory.f64(operands.workspace().shared() + (long) block * Double.BYTES);
            }
            Memory.f32(slot, (float) sum);
        };
    }

    private record SquareBlocks(long x, long elements, Workspace workspace) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks(elements);
        }

        @Override
        public void run(int task, int worker) {
            int length = Tasks.length(task, elements);
            double sum = 0;
            for (int i = 0; i < length; i += FLOAT_SUMS) {
                long at = x + ((long) task * Tasks.BLOCK + i) * Float.BYTES;
                sum += squares(at, Math.min(FLOAT_SUMS, length - i), workspace.of(worker));
            }
            Memory.f64(workspace.shared() + (long) task * Double.BYTES, sum);
        }
    }

    private static float squares(long x, int n, long room) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            long at = x + (long) i * Float.BYTES;
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER);
            FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, ALL, at + BYTES, ORDER);
            FloatVector x2 = FloatVector.fromMemorySegment(FLOATS, ALL, at + 2 * BYTES, ORDER);
            FloatVector x3 = FloatVector.fromMemorySegment(FLOATS, ALL, at + 3 * BYTES, ORDER);
            s0 = x0.fma(x0, s0);
            s1 = x1.fma(x1, s1);
            s2 = x2.fma(x2, s2);
            s3 = x3.fma(x3, s3);
        }
        for (; i < n; i += LANES) {
            VectorMask<Float> live = FLOATS.indexInRange(i, n);
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER, live);
            s0 = x0.fma(x0, s0);
        }
        s0.add(s1).add(s2.add(s3)).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumFloats(room);
    }

    public static BoundKernel bind(MovingAverage kernel, Operands operands) {
        return new BoundAverage(
                operands.address(kernel.average()),
                operands.address(kernel.value()),
                operands.address(kernel.share()),
                kernel.average().shape().elements());
    }

    private record BoundAverage(long average, long value, long share, long elements) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks(elements);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            move(average + at, value + at, Memory.f32(share), Tasks.length(task, elements));
        }
    }

    private static void move(long average, long value, float share, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector a = FloatVector.fromMemorySegment(FLOATS, ALL, average + at, ORDER);
            FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, value + at, ORDER);
            a.add(x.sub(a).mul(share)).intoMemorySegment(ALL, average + at, ORDER);
        }
        for (; i < n; i++) {
            long at = (long) i * Float.BYTES;
            float a = Memory.f32(average + at);
            Memory.f32(average + at, a + (Memory.f32(value + at) - a) * share);
        }
    }

    public static BoundKernel bind(AdamW kernel, Operands operands) {
        operands.workspace().reserveEach(Tail.room(4));
        return new BoundAdamW(
                operands.address(kernel.parameter()),
                operands.address(kernel.gradient()),
                operands.address(kernel.firstMoment()),
                operands.address(kernel.secondMoment()),
                operands.address(kernel.squaredNorms()),
                Math.toIntExact(kernel.squaredNorms().shape().elements()),
                operands.address(kernel.settings()),
                kernel.parameter().shape().elements(),
                operands.workspace());
    }

    private record BoundAdamW(
            long parameter,
            long gradient,
            long firstMoment,
            long secondMoment,
            long squaredNorms,
            int norms,
            long settings,
            long elements,
            Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks(elements);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            int n = Tasks.length(task, elements);
            int whole = Tail.whole(n);
            update(parameter + at, gradient + at, firstMoment + at, secondMoment + at, whole);
            if (whole < n) {
                updateTail(at + (long) whole * Float.BYTES, n - whole, workspace.of(worker));
            }
        }

        private void updateTail(long at, int count, long tail) {
            Tail.fetch(parameter + at, count, tail);
            Tail.fetch(gradient + at, count, Tail.at(tail, 1));
            Tail.fetch(firstMoment + at, count, Tail.at(tail, 2));
            Tail.fetch(secondMoment + at, count, Tail.at(tail, 3));
            update(tail, Tail.at(tail, 1), Tail.at(tail, 2), Tail.at(tail, 3), LANES);
            Tail.put(tail, count, parameter + at);
            Tail.put(Tail.at(tail, 2), count, firstMoment + at);
            Tail.put(Tail.at(tail, 3), count, secondMoment + at);
        }

        private void update(long weights, long slopes, long first, long second, int n) {
            double beta1 = setting(AdamW.BETA1);
            double beta2 = setting(AdamW.BETA2);
            double rate = setting(AdamW.LEARNING_RATE);
            Optimizers.update(
                    weights,
                    slopes,
                    first,
                    second,
                    clip(),
                    (float) (1 - rate * setting(AdamW.WEIGHT_DECAY)),
                    (float) beta1,
                    (float) (1 - beta1),
                    (float) beta2,
                    (float) (1 - beta2),
                    (float) Math.sqrt(setting(AdamW.CORRECTION2)),
                    (float) setting(AdamW.EPSILON),
                    (float) (rate / setting(AdamW.CORRECTION1)),
                    n);
        }

        private double setting(int index) {
            return Memory.f32(settings + (long) index * Float.BYTES);
        }

        private float clip() {
            double squares = 0;
            for (int i = 0; i < norms; i++) {
                squares += Memory.f32(squaredNorms + (long) i * Float.BYTES);
            }
            return (float) Math.min(1, setting(AdamW.MAX_NORM) / (Math.sqrt(squares) + CLIP_EPSILON));
        }
    }

    /** Of a multiple of {@code LANES}. */
    private static void update(
            long parameter,
            long gradient,
            long firstMoment,
            long secondMoment,
            float clip,
            float keep,
            float beta1,
            float rest1,
            float beta2,
            float rest2,
            float rootCorrection2,
            float epsilon,
            float stepSize,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gradient + at, ORDER).mul(clip);
            FloatVector m =
                    FloatVector.fromMemorySegment(FLOATS, ALL, firstMoment + at, ORDER).mul(beta1).add(g.mul(rest1));
            FloatVector v =
                    FloatVector.fromMemorySegment(FLOATS, ALL, secondMoment + at, ORDER)
                            .mul(beta2)
                            .add(g.mul(g).mul(rest2));
            FloatVector denominator = v.sqrt().div(rootCorrection2).add(epsilon);
            FloatVector p = FloatVector.fromMemorySegment(FLOATS, ALL, parameter + at, ORDER).mul(keep);
            m.intoMemorySegment(ALL, firstMoment + at, ORDER);
            v.intoMemorySegment(ALL, secondMoment + at, ORDER);
            p.sub(m.mul(stepSize).div(denominator)).intoMemorySegment(ALL, parameter + at, ORDER);
        }
    }
}
