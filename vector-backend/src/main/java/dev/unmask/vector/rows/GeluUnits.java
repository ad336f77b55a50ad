package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.vector.lanes.Exp;
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

/** The Gaussian error linear unit and its gradient. */
public final class GeluUnits {
    /** Vectors that a tail takes. */
    private static final int TAIL = 3;

    private static final float INVERSE_ROOT_2 = 0.70710678f;
    private static final float INVERSE_ROOT_2_PI = 0.39894228f;

    /** Where the polynomial of the exponent takes over from that of the error function. */
    private static final float MIDDLE = 0.92f;

    /** Beyond this the complement of the error function is below {@code 2e-10} and counts as zero. */
    private static final float FAR = 4.5f;

    private GeluUnits() {}

    public static BoundKernel bind(Gelu kernel, Operands operands) {
        operands.workspace().reserveEach(Tail.room(TAIL));
        return new BoundGelu(
                operands.address(kernel.x()),
                operands.address(kernel.out()),
                kernel.out().shape().columns(),
                operands.live(kernel.limit(), kernel.out().shape().rows()),
                operands.workspace());
    }

    public static BoundKernel bind(GeluBackward kernel, Operands operands) {
        operands.workspace().reserveEach(Tail.room(TAIL));
        return new BoundGeluBackward(
                operands.address(kernel.x()),
                operands.address(kernel.outGradient()),
                operands.address(kernel.xGradient()),
                kernel.x().shape().columns(),
                operands.live(kernel.limit(), kernel.x().shape().rows()),
                operands.workspace());
    }

    /**
     * {@code Φ(x)}, at most {@code 1.5 · 2^-24} from the true value. With {@code t = |x|/√2}: {@code erf(t)} by a
     * polynomial where it is small, else {@code erfc(t) = e^(-P(t))}; both fitted to the error function of float64.
     */
    private static FloatVector phi(FloatVector x) {
        FloatVector t = x.abs().mul(INVERSE_ROOT_2);
        FloatVector square = t.mul(t);
        FloatVector p = all(8.155249816e-5f);
        p = p.fma(square, all(-8.084517904e-4f));
        p = p.fma(square, all(5.194980185e-3f));
        p = p.fma(square, all(-2.685638331e-2f));
        p = p.fma(square, all(1.128362268e-1f));
        p = p.fma(square, all(-3.761262596e-1f));
        p = p.fma(square, all(1.128379107f));
        FloatVector q = all(1.699342101e-5f);
        q = q.fma(t, all(-3.802223655e-4f));
        q = q.fma(t, all(3.873933572e-3f));
        q = q.fma(t, all(-2.424528450e-2f));
        q = q.fma(t, all(1.067879871e-1f));
        q = q.fma(t, all(6.348255277e-1f));
        q = q.fma(t, all(1.128726482f));
        FloatVector complement = Exp.of(q.mul(t).neg()).blend(0f, t.compare(VectorOperators.GT, FAR));
        // Half of erfc(t): on the left of zero that is Φ, on the right what Φ lacks of 1.
        FloatVector half =
                complement.mul(0.5f).blend(p.mul(t).mul(-0.5f).add(0.5f), t.compare(VectorOperators.LT, MIDDLE));
        VectorMask<Float> right = x.compare(VectorOperators.GE, 0f);
        return half.blend(all(1f).sub(half), right);
    }

    private static FloatVector all(float element) {
        return FloatVector.broadcast(FLOATS, element);
    }

    private record BoundGelu(long x, long out, int columns, LiveRows live, Workspace workspace) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks((long) live.count() * columns);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            int n = Tasks.length(task, (long) live.count() * columns);
            int whole = Tail.whole(n);
            gelu(x + at, out + at, whole);
            if (whole < n) {
                long rest = at + (long) whole * Float.BYTES;
                long tail = workspace.of(worker);
                Tail.fetch(x + rest, n - whole, tail);
                gelu(tail, tail, LANES);
                Tail.put(tail, n - whole, out + rest);
            }
        }
    }

    /** Of a multiple of {@code LANES}. */
    private static void gelu(long x, long out, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
            v.mul(phi(v)).intoMemorySegment(ALL, out + at, ORDER);
        }
    }

    private record BoundGeluBackward(
            long x, long outGradient, long xGradient, int columns, LiveRows live, Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.blocks((long) live.count() * columns);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * Tasks.BLOCK * Float.BYTES;
            int n = Tasks.length(task, (long) live.count() * columns);
            int whole = Tail.whole(n);
            gradient(x + at, outGradient + at, xGradient + at, whole);
            if (whole < n) {
                long rest = at + (long) whole * Float.BYTES;
                long tail = workspace.of(worker);
                Tail.fetch(x + rest, n - whole, tail);
                Tail.fetch(outGradient + rest, n - whole, Tail.at(tail, 1));
                gradient(tail, Tail.at(tail, 1), Tail.at(tail, 2), LANES);
                Tail.put(Tail.at(tail, 2), n - whole, xGradient + rest);
            }
        }
    }

    /** Of a multiple of {@code LANES}. */
    private static void gradient(long x, long outGradient, long xGradient, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
            FloatVector dy = FloatVector.fromMemorySegment(FLOATS, ALL, outGradient + at, ORDER);
            FloatVector density = Exp.of(v.mul(v).mul(-0.5f)).mul(INVERSE_ROOT_2_PI);
            // x·φ(x) is zero for infinite x too, where its factors would make NaN; there φ is zero.
            FloatVector slope = v.max(-100f).min(100f).fma(density, phi(v));
            dy.mul(slope).intoMemorySegment(ALL, xGradient + at, ORDER);
        }
    }
}
