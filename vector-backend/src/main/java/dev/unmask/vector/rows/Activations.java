package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;
import dev.unmask.vector.lanes.BFloat16Rows;
import dev.unmask.vector.lanes.Exp;
import dev.unmask.vector.lanes.Tail;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The gated activation and its gradient. */
public final class Activations {
    /** Vectors that a tail takes. */
    private static final int TAIL = 5;

    private Activations() {}

    public static BoundKernel bind(SwiGlu kernel, Operands operands) {
        long gate = operands.address(kernel.gate());
        long up = operands.address(kernel.up());
        long out = operands.address(kernel.out());
        int columns = kernel.out().shape().columns();
        LiveRows live = operands.live(kernel.limit(), kernel.out().shape().rows());
        if (operands.isNarrow(kernel.out())) {
            operands.workspace().reserveEach(Tail.room(TAIL) + (long) columns * Float.BYTES);
            return new NarrowSwiGlu(gate, up, out, columns, live, operands.workspace());
        }
        operands.workspace().reserveEach(Tail.room(TAIL));
        return new BoundSwiGlu(gate, up, out, columns, live, operands.workspace());
    }

    public static BoundKernel bind(SwiGluBackward kernel, Operands operands) {
        long gate = operands.address(kernel.gate());
        long up = operands.address(kernel.up());
        long outGradient = operands.address(kernel.outGradient());
        long gateGradient = operands.address(kernel.gateGradient());
        long upGradient = operands.address(kernel.upGradient());
        int columns = kernel.gate().shape().columns();
        LiveRows live = operands.live(kernel.limit(), kernel.gate().shape().rows());
        if (operands.isNarrow(kernel.gateGradient())) {
            operands.workspace().reserveEach(Tail.room(TAIL) + 2L * columns * Float.BYTES);
            return new NarrowSwiGluBackward(
                    gate, up, outGradient, gateGradient, upGradient, columns, live, operands.workspace());
        }
        operands.workspace().reserveEach(Tail.room(TAIL));
        return new BoundSwiGluBackward(
                gate, up, outGradient, gateGradient, upGradient, columns, live, operands.workspace());
    }

    private static long elements(int columns, LiveRows live) {
        return (long) live.count() * columns;
    }

    private record BoundSwiGlu(long gate, long up, long out, int columns, LiveRows live, Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks(elements(columns, live));
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            int n = Tasks.length(task, elements(columns, live));
            swiGlu(gate + at, up + at, out + at, n, workspace.of(worker));
        }
    }

    /** Stores bfloat16, a row at a time; see {@link Operands#isNarrow}. */
    private record NarrowSwiGlu(long gate, long up, long out, int columns, LiveRows live, Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(columns));
        }

        @Override
        public void run(int task, int worker) {
            long tail = workspace.of(worker);
            long wide = tail + Tail.room(TAIL);
            int from = task * Tasks.rows(columns);
            int to = Math.min(from + Tasks.rows(columns), live.count());
            for (int row = from; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                swiGlu(gate + at, up + at, wide, columns, tail);
                BFloat16Rows.round(wide, out + at, columns);
            }
        }
    }

    private static void swiGlu(long gate, long up, long out, int n, long tail) {
        int whole = Tail.whole(n);
        swiGlu(gate, up, out, whole);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            Tail.fetch(gate + at, n - whole, tail);
            Tail.fetch(up + at, n - whole, Tail.at(tail, 1));
            swiGlu(tail, Tail.at(tail, 1), Tail.at(tail, 2), LANES);
            Tail.put(Tail.at(tail, 2), n - whole, out + at);
        }
    }

    /** Of a multiple of {@code LANES}. */
    private static void swiGlu(long gate, long up, long out, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gate + at, ORDER);
            FloatVector u = FloatVector.fromMemorySegment(FLOATS, ALL, up + at, ORDER);
            FloatVector e = Exp.of(g.abs().neg());
            // By e^-|gate|, which cannot overflow: 1/(1 + e) on the right of zero, e/(1 + e) on the left.
            FloatVector upper = e.blend(1f, g.compare(VectorOperators.GE, 0f));
            g.mul(upper.div(e.add(1f))).mul(u).intoMemorySegment(ALL, out + at, ORDER);
        }
    }

    private record BoundSwiGluBackward(
            long gate,
            long up,
            long outGradient,
            long gateGradient,
            long upGradient,
            int columns,
            LiveRows live,
            Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks(elements(columns, live));
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            int n = Tasks.length(task, elements(columns, live));
            long tail = workspace.of(worker);
            swiGluBackward(gate + at, up + at, outGradient + at, gateGradient + at, upGradient + at, n, tail);
        }
    }

    /** Stores bfloat16, a row at a time; see {@link Operands#isNarrow}. */
    private record NarrowSwiGluBackward(
            long gate,
            long up,
            long outGradient,
            long gateGradient,
            long upGradient,
            int columns,
            LiveRows live,
            Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(columns));
        }

        @Override
        public void run(int task, int worker) {
            long tail = workspace.of(worker);
            long wide = tail + Tail.room(TAIL);
            long wideUp = wide + (long) columns * Float.BYTES;
            int from = task * Tasks.rows(columns);
            int to = Math.min(from + Tasks.rows(columns), live.count());
            for (int row = from; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                swiGluBackward(gate + at, up + at, outGradient + at, wide, wideUp, columns, tail);
                BFloat16Rows.round(wide, gateGradient + at, columns);
                BFloat16Rows.round(wideUp, upGradient + at, columns);
            }
        }
    }

    private static void swiGluBackward(
            long gate, long up, long outGradient, long gateGradient, long upGradient, int n, long tail) {
        int whole = Tail.whole(n);
        swiGluBackward(gate, up, outGradient, gateGradient, upGradient, whole);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            Tail.fetch(gate + at, n - whole, tail);
            Tail.fetch(up + at, n - whole, Tail.at(tail, 1));
            Tail.fetch(outGradient + at, n - whole, Tail.at(tail, 2));
            swiGluBackward(tail, Tail.at(tail, 1), Tail.at(tail, 2), Tail.at(tail, 3), Tail.at(tail, 4), LANES);
            Tail.put(Tail.at(tail, 3), n - whole, gateGradient + at);
            Tail.put(Tail.at(tail, 4), n - whole, upGradient + at);
        }
    }

    /** Of a multiple of {@code LANES}. */
    private static void swiGluBackward(
            long gate, long up, long outGradient, long gateGradient, long upGradient, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gate + at, ORDER);
            FloatVector u = FloatVector.fromMemorySegment(FLOATS, ALL, up + at, ORDER);
            FloatVector dy = FloatVector.fromMemorySegment(FLOATS, ALL, outGradient + at, ORDER);
            FloatVector e = Exp.of(g.abs().neg());
            FloatVector s = e.blend(1f, g.compare(VectorOperators.GE, 0f)).div(e.add(1f));
            FloatVector silu = g.mul(s);
            // s·(1 + g·(1 - s)) with g·s at hand.
            FloatVector slope = one.sub(s).fma(silu, s);
            dy.mul(u).mul(slope).intoMemorySegment(ALL, gateGradient + at, ORDER);
            dy.mul(silu).intoMemorySegment(ALL, upGradient + at, ORDER);
        }
    }
}
