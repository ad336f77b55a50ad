package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Lanes;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Species;
import dev.unmask.vector.lanes.Tail;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Layer normalisation and its gradient, with sums over a row in float64. */
public final class LayerNorms {
    /** Bytes that sums of lanes and a tail take. */
    private static final long ROOM = Lanes.ROOM + Tail.room(5);

    private LayerNorms() {}

    public static BoundKernel bind(LayerNorm kernel, Operands operands) {
        operands.workspace().reserveEach(ROOM);
        return new Forward(
                operands.address(kernel.x()),
                operands.address(kernel.weight()),
                kernel.epsilon(),
                operands.address(kernel.out()),
                operands.address(kernel.mean()),
                operands.address(kernel.inverseDeviation()),
                operands.live(kernel.limit(), kernel.x().shape().rows()),
                kernel.x().shape().columns(),
                operands.workspace());
    }

    public static BoundKernel bind(LayerNormBackward kernel, Operands operands) {
        int rows = kernel.x().shape().rows();
        int columns = kernel.x().shape().columns();
        LiveRows live = operands.live(kernel.limit(), rows);
        operands.workspace().reserveEach(ROOM);
        operands.workspace().reserveShared((long) Tasks.of(rows, Norms.ROW_BLOCK) * columns * Float.BYTES);
        Backward dx =
                new Backward(
                        operands.address(kernel.x()),
                        operands.address(kernel.weight()),
                        operands.address(kernel.mean()),
                        operands.address(kernel.inverseDeviation()),
                        operands.address(kernel.outGradient()),
                        kernel.residual().map(operands::address).orElse(0L),
                        operands.address(kernel.xGradient()),
                        live,
                        columns,
                        operands.workspace());
        Norms.AddShares dw =
                new Norms.AddShares(operands.address(kernel.weightGradient()), live, columns, operands.workspace());
        return workers -> {
            dx.run(workers);
            dw.run(workers);
        };
    }

    private record Forward(
            long x,
            long weight,
            float epsilon,
            long out,
            long mean,
            long inverseDeviation,
            LiveRows live,
            int columns,
            Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(columns));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Tasks.rows(columns);
            int to = Math.min(from + Tasks.rows(columns), live.count());
            long room = workspace.of(worker);
            for (int row = from; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                float m = (float) (sum(x + at, columns, room) / columns);
                float r = (float) (1 / Math.sqrt(squares(x + at, m, columns, room) / columns + epsilon));
                Memory.f32(mean + (long) row * Float.BYTES, m);
                Memory.f32(inverseDeviation + (long) row * Float.BYTES, r);
                normalise(x + at, weight, m, r, out + at, columns, room + Lanes.ROOM);
            }
        }
    }

    /** {@code Σ x} in float64. */
    private static double sum(long x, int n, long room) {
        int whole = Tail.whole(n);
        double sum = sumOfVectors(x, whole, room);
        if (whole < n) {
            long tail = room + Lanes.ROOM;
            Tail.fetch(x + (long) whole * Float.BYTES, n - whole, tail);
            sum += sumOfVectors(tail, LANES, room);
        }
        return sum;
    }

    private static double sumOfVectors(long x, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER);
            low = low.add((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0));
            high = high.add((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1));
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    /** {@code Σ (x - m)²} in float64. */
    private static double squares(long x, float m, int n, long room) {
        int whole = Tail.whole(n);
        double sum = squaresOfVectors(x, m, whole, room);
        if (whole < n) {
            long tail = room + Lanes.ROOM;
            Tail.fetch(x + (long) whole * Float.BYTES, n - whole, tail, m);
            sum += squaresOfVectors(tail, m, LANES, room);
        }
        return sum;
    }

    private static double squaresOfVectors(long x, double m, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER);
            DoubleVector v0 = ((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0)).sub(m);
            DoubleVector v1 = ((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1)).sub(m);
            low = v0.fma(v0, low);
            high = v1.fma(v1, high);
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    private static void normalise(long x, long weight, float m, float r, long out, int n, long tail) {
        int whole = Tail.whole(n);
        normalise(x, weight, m, r, out, whole);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            Tail.fetch(x + at, n - whole, tail);
            Tail.fetch(weight + at, n - whole, Tail.at(tail, 1));
            normalise(tail, Tail.at(tail, 1), m, r, tail, LANES);
            Tail.put(tail, n - whole, out + at);
        }
    }

    private static void normalise(long x, long weight, float m, float r, long out, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
            FloatVector w = FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER);
            v.sub(m).mul(r).mul(w).intoMemorySegment(ALL, out + at, ORDER);
        }
    }

    private record Backward(
            long x,
            long weight,
            long mean,
            long inverseDeviation,
            long outGradient,
            long residual,
            long xGradient,
            LiveRows live,
            int columns,
            Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Norms.ROW_BLOCK);
        }

        @Override
        public void run(int task, int worker) {
            long share = workspace.shared() + (long) task * columns * Float.BYTES;
            Floats.fill(share, columns, 0);
            int to = Math.min((task + 1) * Norms.ROW_BLOCK, live.count());
            long room = workspace.of(worker);
            for (int row = task * Norms.ROW_BLOCK; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                float m = Memory.f32(mean + (long) row * Float.BYTES);
                float r = Memory.f32(inverseDeviation + (long) row * Float.BYTES);
                Row own =
                        new Row(
                                x + at,
                                weight,
                                outGradient + at,
                                residual == 0 ? 0 : residual + at,
                                xGradient + at,
                                share,
                                m,
                                r);
                own.run(columns, room);
            }
        }
    }

    /** The operands of one row. */
    private record Row(
            long x,
            long weight,
            long outGradient,
            long residual,
            long xGradient,
            long share,
            float mean,
            float inverse) {
        void run(int n, long room) {
            long tail = room + Lanes.ROOM;
            int whole = Tail.whole(n);
            int rest = n - whole;
            double pull = dot(false, whole, room);
            double turn = dot(true, whole, room);
            Row last = this;
            if (rest > 0) {
                last = fetched((long) whole * Float.BYTES, rest, tail);
                pull += last.dot(false, LANES, room);
                turn += last.dot(true, LANES, room);
            }
            float meanGradient = (float) (pull / n);
            float slope = (float) (turn / n);
            gradient(meanGradient, slope, whole);
            if (rest > 0) {
                long at = (long) whole * Float.BYTES;
                last.gradient(meanGradient, slope, LANES);
                Tail.put(last.xGradient, rest, xGradient + at);
                Tail.put(last.share, rest, share + at);
            }
        }

        /** The elements past the last whole vector, in vectors of their own; zeros of a gradient add nothing. */
        private Row fetched(long at, int rest, long tail) {
            Tail.fetch(x + at, rest, tail, mean);
            Tail.fetch(weight + at, rest, Tail.at(tail, 1));
            Tail.fetch(outGradient + at, rest, Tail.at(tail, 2));
            if (residual != 0) {
                Tail.fetch(residual + at, rest, Tail.at(tail, 3));
            }
            Tail.fetch(share + at, rest, Tail.at(tail, 4));
            return new Row(
                    tail,
                    Tail.at(tail, 1),
                    Tail.at(tail, 2),
                    residual == 0 ? 0 : Tail.at(tail, 3),
                    tail,
                    Tail.at(tail, 4),
                    mean,
                    inverse);
        }

        /** {@code Σ w·dy}, or {@code Σ w·dy·u}, in float64. */
        private double dot(boolean normalised, int n, long room) {
            DoubleVector low = DoubleVector.zero(Species.DOUBLES);
            DoubleVector high = DoubleVector.zero(Species.DOUBLES);
            for (int i = 0; i < n; i += LANES) {
                long at = (long) i * Float.BYTES;
                FloatVector g =
                        FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER)
                                .mul(FloatVector.fromMemorySegment(FLOATS, ALL, outGradient + at, ORDER));
                if (normalised) {
                    FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
                    g = g.mul(v.sub(mean).mul(inverse));
                }
                low = low.add((DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 0));
                high = high.add((DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 1));
            }
            low.add(high).intoMemorySegment(ALL, room, ORDER);
            return Lanes.sumDoubles(room);
        }

        private void gradient(float meanGradient, float slope, int n) {
            for (int i = 0; i < n; i += LANES) {
                long at = (long) i * Float.BYTES;
                FloatVector u = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER).sub(mean).mul(inverse);
                FloatVector w = FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER);
                FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, outGradient + at, ORDER);
                FloatVector d = w.mul(g).sub(meanGradient).sub(u.mul(slope)).mul(inverse);
                if (residual != 0) {
                    d = d.add(FloatVector.fromMemorySegment(FLOATS, ALL, residual + at, ORDER));
                }
                FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, share + at, ORDER);
                u.fma(g, sum).intoMemorySegment(ALL, share + at, ORDER);
                d.intoMemorySegment(ALL, xGradient + at, ORDER);
            }
        }
    }
}
