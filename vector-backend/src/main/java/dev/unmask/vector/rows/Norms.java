package dev.unmask.vector.rows;

import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.vector.lanes.BFloat16Rows;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

/** Root mean square and layer normalisation, and their gradients; {@link NormRow} has what they do with a row. */
public final class Norms {
    /** Rows whose share of the weight's gradient is summed by one task. */
    static final int ROW_BLOCK = 32;

    /** Columns of a task that adds the shares up. */
    private static final int COLUMN_BLOCK = 256;

    private Norms() {}

    public static BoundKernel bind(RmsNorm kernel, Operands operands) {
        boolean narrow = operands.isNarrow(kernel.out());
        int columns = kernel.width();
        operands.workspace().reserveEach(NormRow.ROOM + (narrow ? (long) columns * Float.BYTES : 0));
        return new Forward(
                operands.address(kernel.x()),
                operands.address(kernel.weight()),
                kernel.epsilon(),
                operands.address(kernel.out()),
                0,
                operands.address(kernel.inverseRms()),
                operands.live(kernel.limit(), kernel.pieces()),
                columns,
                narrow,
                operands.workspace());
    }

    public static BoundKernel bind(LayerNorm kernel, Operands operands) {
        operands.workspace().reserveEach(NormRow.ROOM);
        return new Forward(
                operands.address(kernel.x()),
                operands.address(kernel.weight()),
                kernel.epsilon(),
                operands.address(kernel.out()),
                operands.address(kernel.mean()),
                operands.address(kernel.inverseDeviation()),
                operands.live(kernel.limit(), kernel.x().shape().rows()),
                kernel.x().shape().columns(),
                false,
                operands.workspace());
    }

    public static BoundKernel bind(RmsNormBackward kernel, Operands operands) {
        Backward dx =
                new Backward(
                        operands.address(kernel.x()),
                        operands.address(kernel.weight()),
                        0,
                        operands.address(kernel.inverseRms()),
                        operands.address(kernel.outGradient()),
                        kernel.residual().map(operands::address).orElse(0L),
                        operands.address(kernel.xGradient()),
                        operands.live(kernel.limit(), kernel.pieces()),
                        kernel.width(),
                        operands.workspace());
        return dx.thenInto(operands.address(kernel.weightGradient()));
    }

    public static BoundKernel bind(LayerNormBackward kernel, Operands operands) {
        Backward dx =
                new Backward(
                        operands.address(kernel.x()),
                        operands.address(kernel.weight()),
                        operands.address(kernel.mean()),
                        operands.address(kernel.inverseDeviation()),
                        operands.address(kernel.outGradient()),
                        kernel.residual().map(operands::address).orElse(0L),
                        operands.address(kernel.xGradient()),
                        operands.live(kernel.limit(), kernel.x().shape().rows()),
                        kernel.x().shape().columns(),
                        operands.workspace());
        return dx.thenInto(operands.address(kernel.weightGradient()));
    }

    /**
     * A norm.
     *
     * @param mean where means go, or 0: none is taken away
     * @param inverse where what rows are multiplied by goes
     * @param narrow whether it leaves bfloat16
     */
    private record Forward(
            long x,
            long weight,
            float epsilon,
            long out,
            long mean,
            long inverse,
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
            for (int row = from; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                float m = 0;
                double squares;
                if (mean == 0) {
                    squares = NormRow.squares(x + at, columns, room);
                } else {
                    m = (float) (NormRow.sum(x + at, columns, room) / columns);
                    Memory.f32(mean + (long) row * Float.BYTES, m);
                    squares = NormRow.deviations(x + at, m, columns, room);
                }
                float r = (float) (1 / Math.sqrt(squares / columns + epsilon));
                Memory.f32(inverse + (long) row * Float.BYTES, r);
                if (narrow) {
                    long wide = room + NormRow.ROOM;
                    NormRow.normalise(x + at, weight, m, r, wide, columns, room);
                    BFloat16Rows.round(wide, out + at, columns);
                } else {
                    NormRow.normalise(x + at, weight, m, r, out + at, columns, room);
                }
            }
        }
    }

    /** The gradient of what goes in, and of the weight a share for each block of rows. */
    private record Backward(
            long x,
            long weight,
            long mean,
            long inverse,
            long outGradient,
            long residual,
            long xGradient,
            LiveRows live,
            int columns,
            Workspace workspace)
            implements TaskKernel {
        /** Makes room, and adds the shares to the gradient of the weight afterwards. */
        BoundKernel thenInto(long weightGradient) {
            workspace.reserveEach(NormRow.ROOM);
            workspace.reserveShared((long) Tasks.of(live.rows(), ROW_BLOCK) * columns * Float.BYTES);
            AddShares shares = new AddShares(weightGradient, live, columns, workspace);
            return workers -> {
                run(workers);
                shares.run(workers);
            };
        }

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
                long dy = outGradient + at;
                float r = Memory.f32(inverse + (long) row * Float.BYTES);
                float m = 0;
                float meanGradient = 0;
                if (mean != 0) {
                    m = Memory.f32(mean + (long) row * Float.BYTES);
                    meanGradient = (float) (NormRow.weightedSum(weight, dy, columns, room) / columns);
                }
                double dot = NormRow.weightedDot(weight, dy, x + at, m, columns, room);
                float pull = (float) (dot / columns * r * r);
                long extra = residual == 0 ? 0 : residual + at;
                long dx = xGradient + at;
                NormRow.gradient(x + at, weight, dy, extra, m, r, meanGradient, pull, dx, share, columns, room);
            }
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
