package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.vector.lanes.BFloat16Rows;
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

/** Root mean square normalisation and its gradient, with sums over a row in float64. */
public final class Norms {
    /** Rows whose share of the weight's gradient is summed by one task. */
    static final int ROW_BLOCK = 32;

    /** Columns of a task that adds the shares up. */
    private static final int COLUMN_BLOCK = 256;

    /** Bytes that sums of lanes and a tail take. */
    private static final long ROOM = Lanes.ROOM + Tail.room(5);

    private Norms() {}

    public static BoundKernel bind(RmsNorm kernel, Operands operands) {
        boolean narrow = operands.isNarrow(kernel.out());
        int columns = kernel.width();
        operands.workspace().reserveEach(ROOM + (narrow ? (long) columns * Float.BYTES : 0));
        return new BoundRmsNorm(
                operands.address(kernel.x()),
                operands.address(kernel.weight()),
                kernel.epsilon(),
                operands.address(kernel.out()),
                operands.address(kernel.inverseRms()),
                operands.live(kernel.limit(), kernel.pieces()),
                columns,
                narrow,
                operands.workspace());
    }

    public static BoundKernel bind(RmsNormBackward kernel, Operands operands) {
        int rows = kernel.pieces();
        int columns = kernel.width();
        LiveRows live = operands.live(kernel.limit(), rows);
        operands.workspace().reserveEach(ROOM);
        operands.workspace().reserveShared((long) Tasks.of(rows, ROW_BLOCK) * columns * Float.BYTES);
        BackwardRows dx =
                new BackwardRows(
                        operands.address(kernel.x()),
                        operands.address(kernel.weight()),
                        operands.address(kernel.inverseRms()),
                        operands.address(kernel.outGradient()),
                        kernel.residual().map(operands::address).orElse(0L),
                        operands.address(kernel.xGradient()),
                        live,
                        columns,
                        operands.workspace());
        AddShares dw = new AddShares(operands.address(kernel.weightGradient()), live, columns, operands.workspace());
        return workers -> {
            dx.run(workers);
            dw.run(workers);
        };
    }

    private record BoundRmsNorm(
            long x,
            long weight,
            float epsilon,
            long out,
            long inverseRms,
            LiveRows live,
            int columns,
            boolean narrow,
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
            long tail = room + Lanes.ROOM;
            for (int row = from; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                double squares = squares(x + at, columns, room);
                float r = (float) (1 / Math.sqrt(squares / columns + epsilon));
                Memory.f32(inverseRms + (long) row * Float.BYTES, r);
                if (narrow) {
                    long wide = room + ROOM;
                    normalise(x + at, weight, r, wide, columns, tail);
                    BFloat16Rows.round(wide, out + at, columns);
                } else {
                    normalise(x + at, weight, r, out + at, columns, tail);
                }
            }
        }
    }

    /** {@code Σ x²} in float64. */
    private static double squares(long x, int n, long room) {
        int whole = Tail.whole(n);
        double sum = squaresOfVectors(x, whole, room);
        if (whole < n) {
            long tail = room + Lanes.ROOM;
            Tail.fetch(x + (long) whole * Float.BYTES, n - whole, tail);
            sum += squaresOfVectors(tail, LANES, room);
        }
        return sum;
    }

    private static double squaresOfVectors(long x, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER);
            DoubleVector v0 = (DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0);
            DoubleVector v1 = (DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1);
            low = v0.fma(v0, low);
            high = v1.fma(v1, high);
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    private static void normalise(long x, long weight, float r, long out, int n, long tail) {
        int whole = Tail.whole(n);
        normalise(x, weight, r, out, whole);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            Tail.fetch(x + at, n - whole, tail);
            Tail.fetch(weight + at, n - whole, Tail.at(tail, 1));
            normalise(tail, Tail.at(tail, 1), r, tail, LANES);
            Tail.put(tail, n - whole, out + at);
        }
    }

    private static void normalise(long x, long weight, float r, long out, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
            FloatVector w = FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER);
            v.mul(r).mul(w).intoMemorySegment(ALL, out + at, ORDER);
        }
    }

    private record BackwardRows(
            long x,
            long weight,
            long inverseRms,
            long outGradient,
            long residual,
            long xGradient,
            LiveRows live,
            int columns,
            Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), ROW_BLOCK);
        }

        @Override
        public void run(int task, int worker) {
            long share = workspace.shared() + (long) task * columns * Float.BYTES;
            Floats.fill(share, columns, 0);
            int to = Math.min((task + 1) * ROW_BLOCK, live.count());
            long room = workspace.of(worker);
            for (int row = task * ROW_BLOCK; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                float r = Memory.f32(inverseRms + (long) row * Float.BYTES);
                double gx = weightedDot(weight, outGradient + at, x + at, columns, room);
                float pull = (float) (gx / columns * r * r);
                long extra = residual == 0 ? 0 : residual + at;
                long dx = xGradient + at;
                gradient(x + at, weight, outGradient + at, extra, r, pull, dx, share, columns, room + Lanes.ROOM);
            }
        }
    }

    /** {@code Σ w·dy·x} in float64. */
    private static double weightedDot(long weight, long dy, long x, int n, long room) {
        int whole = Tail.whole(n);
        double sum = weightedDotOfVectors(weight, dy, x, whole, room);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            long tail = room + Lanes.ROOM;
            Tail.fetch(weight + at, n - whole, tail);
            Tail.fetch(dy + at, n - whole, Tail.at(tail, 1));
            Tail.fetch(x + at, n - whole, Tail.at(tail, 2));
            sum += weightedDotOfVectors(tail, Tail.at(tail, 1), Tail.at(tail, 2), LANES, room);
        }
        return sum;
    }

    private static double weightedDotOfVectors(long weight, long dy, long x, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector g =
                    FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER)
                            .mul(FloatVector.fromMemorySegment(FLOATS, ALL, dy + at, ORDER));
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
            DoubleVector g0 = (DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 0);
            DoubleVector g1 = (DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 1);
            low = g0.fma((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0), low);
            high = g1.fma((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1), high);
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    private static void gradient(
            long x, long weight, long dy, long residual, float r, float pull, long dx, long share, int n, long tail) {
        int whole = Tail.whole(n);
        gradient(x, weight, dy, residual, r, pull, dx, share, whole);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            int rest = n - whole;
            long shares = Tail.at(tail, 4);
            Tail.fetch(x + at, rest, tail);
            Tail.fetch(weight + at, rest, Tail.at(tail, 1));
            Tail.fetch(dy + at, rest, Tail.at(tail, 2));
            if (residual != 0) {
                Tail.fetch(residual + at, rest, Tail.at(tail, 3));
            }
            Tail.fetch(share + at, rest, shares);
            long extra = residual == 0 ? 0 : Tail.at(tail, 3);
            gradient(tail, Tail.at(tail, 1), Tail.at(tail, 2), extra, r, pull, tail, shares, LANES);
            Tail.put(tail, rest, dx + at);
            Tail.put(shares, rest, share + at);
        }
    }

    private static void gradient(
            long x, long weight, long dy, long residual, float r, float pull, long dx, long share, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
            FloatVector w = FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER);
            FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, dy + at, ORDER);
            FloatVector d = w.mul(g).sub(v.mul(pull)).mul(r);
            if (residual != 0) {
                d = d.add(FloatVector.fromMemorySegment(FLOATS, ALL, residual + at, ORDER));
            }
            FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, share + at, ORDER);
            v.mul(r).fma(g, sum).intoMemorySegment(ALL, share + at, ORDER);
            d.intoMemorySegment(ALL, dx + at, ORDER);
        }
    }

    /** Adds the shares of blocks of {@link #ROW_BLOCK} rows, in their order. */
    record AddShares(long weightGradient, LiveRows live, int columns, Workspace workspace) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(columns, COLUMN_BLOCK);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * COLUMN_BLOCK * Float.BYTES;
            int n = Math.min(COLUMN_BLOCK, columns - task * COLUMN_BLOCK);
            int shares = Tasks.of(live.count(), ROW_BLOCK);
            for (int share = 0; share < shares; share++) {
                long from = workspace.shared() + (long) share * columns * Float.BYTES;
                Floats.add(weightGradient + at, from + at, weightGradient + at, n);
            }
        }
    }
}
