package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.vector.lanes.BFloat16Rows;
import dev.unmask.vector.lanes.Exp;
import dev.unmask.vector.lanes.Lanes;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Tail;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Cross-entropy of rows of logits and its gradient. */
public final class CrossEntropies {
    /** Exponentials that are summed in float32 before the sum goes on in float64. */
    private static final int SUM_BLOCK = 1024;

    /** Gradients that are rounded at a time: they stay in the first-level cache. */
    private static final int NARROW_BLOCK = 1024;

    private CrossEntropies() {}

    public static BoundKernel bind(CrossEntropy kernel, Operands operands) {
        operands.workspace().reserveEach(Lanes.ROOM + Tail.room(1));
        return new BoundCrossEntropy(
                operands.address(kernel.logits()),
                operands.address(kernel.targets()),
                operands.address(kernel.losses()),
                operands.address(kernel.logSumExp()),
                kernel.logits().shape().columns(),
                operands.live(kernel.limit(), kernel.logits().shape().rows()),
                operands.workspace());
    }

    public static BoundKernel bind(CrossEntropyBackward kernel, Operands operands) {
        boolean narrow = operands.isNarrow(kernel.logitsGradient());
        operands.workspace().reserveEach(Tail.room(1) + (narrow ? (long) NARROW_BLOCK * Float.BYTES : 0));
        return new BoundCrossEntropyBackward(
                operands.address(kernel.logits()),
                operands.address(kernel.targets()),
                operands.address(kernel.weights()),
                operands.address(kernel.logSumExp()),
                operands.address(kernel.logitsGradient()),
                kernel.logits().shape().columns(),
                operands.live(kernel.limit(), kernel.logits().shape().rows()),
                narrow,
                operands.workspace());
    }

    private record BoundCrossEntropy(
            long logits, long targets, long losses, long logSumExp, int vocabulary, LiveRows live, Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(vocabulary));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Tasks.rows(vocabulary);
            int to = Math.min(from + Tasks.rows(vocabulary), live.count());
            for (int row = from; row < to; row++) {
                long at = logits + (long) row * vocabulary * Float.BYTES;
                long entry = live.first() + (long) row;
                float top = max(at, vocabulary);
                double lse = top + StrictMath.log(sumOfExp(at, top, vocabulary, workspace.of(worker)));
                int target = Memory.i32(targets + entry * Integer.BYTES);
                Memory.f32(logSumExp + entry * Float.BYTES, (float) lse);
                float right = Memory.f32(at + (long) target * Float.BYTES);
                Memory.f32(losses + entry * Float.BYTES, (float) (lse - right));
            }
        }
    }

    /** The largest element; NaN if there is one. */
    static float max(long x, int n) {
        FloatVector top = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            top = top.max(FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER));
        }
        if (i < n) {
            VectorMask<Float> tail = FLOATS.indexInRange(i, n);
            top =
                    top.lanewise(
                            VectorOperators.MAX,
                            FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER, tail),
                            tail);
        }
        return top.reduceLanes(VectorOperators.MAX);
    }

    /** {@code Σ e^(x - top)}. */
    private static double sumOfExp(long x, float top, int n, long room) {
        double sum = 0;
        for (int from = 0; from < n; from += SUM_BLOCK) {
            int length = Math.min(SUM_BLOCK, n - from);
            int whole = Tail.whole(length);
            sum += sumOfExpBlock(x + (long) from * Float.BYTES, top, whole, room);
            if (whole < length) {
                long tail = room + Lanes.ROOM;
                Tail.fetch(x + (long) (from + whole) * Float.BYTES, length - whole, tail, Float.NEGATIVE_INFINITY);
                sum += sumOfExpBlock(tail, top, LANES, room);
            }
        }
        return sum;
    }

    private static float sumOfExpBlock(long x, float top, int n, long room) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER);
            sum = sum.add(Exp.of(v.sub(top)));
        }
        sum.intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumFloats(room);
    }

    private record BoundCrossEntropyBackward(
            long logits,
            long targets,
            long weights,
            long logSumExp,
            long logitsGradient,
            int vocabulary,
            LiveRows live,
            boolean narrow,
            Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(vocabulary));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Tasks.rows(vocabulary);
            int to = Math.min(from + Tasks.rows(vocabulary), live.count());
            for (int row = from; row < to; row++) {
                long at = (long) row * vocabulary * Float.BYTES;
                long entry = live.first() + (long) row;
                float lse = Memory.f32(logSumExp + entry * Float.BYTES);
                float weight = Memory.f32(weights + entry * Float.BYTES);
                int target = Memory.i32(targets + entry * Integer.BYTES);
                if (narrow) {
                    narrow(logits + at, lse, weight, target, logitsGradient + at, workspace.of(worker));
                } else {
                    gradient(logits + at, lse, weight, target, logitsGradient + at, vocabulary, workspace.of(worker));
                }
            }
        }

        /** A row as bfloat16; see {@link Operands#isNarrow}. What is written never overtakes what is read. */
        private void narrow(long x, float lse, float weight, int target, long out, long tail) {
            long wide = tail + Tail.room(1);
            for (int from = 0; from < vocabulary; from += NARROW_BLOCK) {
                int n = Math.min(NARROW_BLOCK, vocabulary - from);
                gradient(x + (long) from * Float.BYTES, lse, weight, target - from, wide, n, tail);
                BFloat16Rows.round(wide, out + (long) from * Short.BYTES, n);
            }
        }
    }

    /** The gradient of some logits; the target need not be among them. */
    private static void gradient(long x, float logSumExp, float weight, int target, long out, int n, long tail) {
        int whole = Tail.whole(n);
        softmax(x, logSumExp, weight, out, whole);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            Tail.fetch(x + at, n - whole, tail);
            softmax(tail, logSumExp, weight, tail, LANES);
            Tail.put(tail, n - whole, out + at);
        }
        if (target >= 0 && target < n) {
            long right = out + (long) target * Float.BYTES;
            Memory.f32(right, Memory.f32(right) - weight);
        }
    }

    /** Of a multiple of {@code LANES}. */
    private static void softmax(long x, float logSumExp, float weight, long out, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
            Exp.of(v.sub(logSumExp)).mul(weight).intoMemorySegment(ALL, out + at, ORDER);
        }
    }
}
