package dev.unmask.vector;

import static dev.unmask.vector.Memory.ALL;
import static dev.unmask.vector.Species.FLOATS;
import static dev.unmask.vector.Species.LANES;
import static dev.unmask.vector.Species.ORDER;

import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Root mean square normalisation and its gradient, with sums over a row in float64. */
final class Norms {
    /** Rows whose share of the weight's gradient is summed by one task. */
    private static final int ROW_BLOCK = 32;

    /** Columns of a task that adds the shares up. */
    private static final int COLUMN_BLOCK = 256;

    private Norms() {}

    static BoundKernel bind(RmsNorm kernel, Binding binding) {
        boolean narrow = binding.isNarrow(kernel.out());
        int columns = kernel.x().shape().columns();
        binding.workspace().reserveEach(Lanes.ROOM + (narrow ? (long) columns * Float.BYTES : 0));
        return new BoundRmsNorm(
                binding.address(kernel.x()),
                binding.address(kernel.weight()),
                kernel.epsilon(),
                binding.address(kernel.out()),
                binding.address(kernel.inverseRms()),
                binding.live(kernel.limit(), kernel.x().shape().rows()),
                columns,
                narrow,
                binding.workspace());
    }

    static BoundKernel bind(RmsNormBackward kernel, Binding binding) {
        int rows = kernel.x().shape().rows();
        int columns = kernel.x().shape().columns();
        LiveRows live = binding.live(kernel.limit(), rows);
        binding.workspace().reserveEach(Lanes.ROOM);
        binding.workspace().reserveShared((long) Rows.tasks(rows, ROW_BLOCK) * columns * Float.BYTES);
        BackwardRows dx =
                new BackwardRows(
                        binding.address(kernel.x()),
                        binding.address(kernel.weight()),
                        binding.address(kernel.inverseRms()),
                        binding.address(kernel.outGradient()),
                        kernel.residual().map(binding::address).orElse(0L),
                        binding.address(kernel.xGradient()),
                        live,
                        columns,
                        binding.workspace());
        AddShares dw = new AddShares(binding.address(kernel.weightGradient()), live, columns, binding.workspace());
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
            return Rows.tasks(live.count(), Rows.perTask(columns));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Rows.perTask(columns);
            int to = Math.min(from + Rows.perTask(columns), live.count());
            for (int row = from; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                double squares = dot(x + at, x + at, columns, workspace.of(worker));
                float r = (float) (1 / Math.sqrt(squares / columns + epsilon));
                Memory.f32(inverseRms + (long) row * Float.BYTES, r);
                if (narrow) {
                    long wide = workspace.of(worker) + Lanes.ROOM;
                    normalise(x + at, weight, r, wide, columns);
                    BFloat16Rows.round(wide, out + at, columns);
                } else {
                    normalise(x + at, weight, r, out + at, columns);
                }
            }
        }
    }

    /** {@code Σ a·b} in float64. */
    static double dot(long a, long b, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(i, n);
            FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, a + at, ORDER, live);
            FloatVector y = FloatVector.fromMemorySegment(FLOATS, ALL, b + at, ORDER, live);
            DoubleVector x0 = (DoubleVector) x.convertShape(VectorOperators.F2D, Species.DOUBLES, 0);
            DoubleVector x1 = (DoubleVector) x.convertShape(VectorOperators.F2D, Species.DOUBLES, 1);
            low = x0.fma((DoubleVector) y.convertShape(VectorOperators.F2D, Species.DOUBLES, 0), low);
            high = x1.fma((DoubleVector) y.convertShape(VectorOperators.F2D, Species.DOUBLES, 1), high);
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    private static void normalise(long x, long weight, float r, long out, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(i, n);
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER, live);
            FloatVector w = FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER, live);
            v.mul(r).mul(w).intoMemorySegment(ALL, out + at, ORDER, live);
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
            return Rows.tasks(live.count(), ROW_BLOCK);
        }

        @Override
        public void run(int task, int worker) {
            long share = workspace.shared() + (long) task * columns * Float.BYTES;
            Elementwise.fill(share, columns, 0);
            int to = Math.min((task + 1) * ROW_BLOCK, live.count());
            for (int row = task * ROW_BLOCK; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                float r = Memory.f32(inverseRms + (long) row * Float.BYTES);
                double gx = weightedDot(weight, outGradient + at, x + at, columns, workspace.of(worker));
                float pull = (float) (gx / columns * r * r);
                long extra = residual == 0 ? 0 : residual + at;
                gradient(x + at, weight, outGradient + at, extra, r, pull, xGradient + at, share, columns);
            }
        }
    }

    /** {@code Σ w·dy·x} in float64. */
    private static double weightedDot(long weight, long dy, long x, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(i, n);
            FloatVector g =
                    FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER, live)
                            .mul(FloatVector.fromMemorySegment(FLOATS, ALL, dy + at, ORDER, live));
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER, live);
            DoubleVector g0 = (DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 0);
            DoubleVector g1 = (DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 1);
            low = g0.fma((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0), low);
            high = g1.fma((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1), high);
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    private static void gradient(
            long x, long weight, long dy, long residual, float r, float pull, long dx, long share, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            VectorMask<Float> live = FLOATS.indexInRange(i, n);
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER, live);
            FloatVector w = FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER, live);
            FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, dy + at, ORDER, live);
            FloatVector d = w.mul(g).sub(v.mul(pull)).mul(r);
            if (residual != 0) {
                d = d.add(FloatVector.fromMemorySegment(FLOATS, ALL, residual + at, ORDER, live));
            }
            FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, share + at, ORDER, live);
            v.mul(r).fma(g, sum).intoMemorySegment(ALL, share + at, ORDER, live);
            d.intoMemorySegment(ALL, dx + at, ORDER, live);
        }
    }

    private record AddShares(long weightGradient, LiveRows live, int columns, Workspace workspace)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Rows.tasks(columns, COLUMN_BLOCK);
        }

        @Override
        public void run(int task, int worker) {
            long at = (long) task * COLUMN_BLOCK * Float.BYTES;
            int n = Math.min(COLUMN_BLOCK, columns - task * COLUMN_BLOCK);
            int shares = Rows.tasks(live.count(), ROW_BLOCK);
            for (int share = 0; share < shares; share++) {
                long from = workspace.shared() + (long) share * columns * Float.BYTES;
                Elementwise.add(weightGradient + at, from + at, weightGradient + at, n);
            }
        }
    }
}
