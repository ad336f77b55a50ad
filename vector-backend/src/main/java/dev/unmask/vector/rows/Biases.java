package dev.unmask.vector.rows;

import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.SumRows;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

/** A row that is added to every row, and its gradient: the sum of all rows. */
public final class Biases {
    private Biases() {}

    public static BoundKernel bind(AddBias kernel, Operands operands) {
        return new BoundAddBias(
                operands.address(kernel.x()),
                operands.address(kernel.bias()),
                operands.address(kernel.out()),
                kernel.out().shape().columns(),
                operands.live(kernel.limit(), kernel.out().shape().rows()));
    }

    public static BoundKernel bind(SumRows kernel, Operands operands) {
        int rows = kernel.x().shape().rows();
        int columns = kernel.x().shape().columns();
        LiveRows live = operands.live(kernel.limit(), rows);
        operands.workspace().reserveShared((long) Tasks.of(rows, Norms.ROW_BLOCK) * columns * Float.BYTES);
        Shares shares = new Shares(operands.address(kernel.x()), columns, live, operands.workspace());
        Norms.AddShares sum = new Norms.AddShares(operands.address(kernel.sums()), live, columns, operands.workspace());
        return workers -> {
            shares.run(workers);
            sum.run(workers);
        };
    }

    private record BoundAddBias(long x, long bias, long out, int columns, LiveRows live) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(columns));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Tasks.rows(columns);
            int to = Math.min(from + Tasks.rows(columns), live.count());
            for (int row = from; row < to; row++) {
                long at = (long) row * columns * Float.BYTES;
                Floats.add(x + at, bias, out + at, columns);
            }
        }
    }

    /** Sums a block of rows. */
    private record Shares(long x, int columns, LiveRows live, Workspace workspace) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Norms.ROW_BLOCK);
        }

        @Override
        public void run(int task, int worker) {
            long share = workspace.shared() + (long) task * columns * Float.BYTES;
            Floats.fill(share, columns, 0);
            int to = Math.min((task + 1) * Norms.ROW_BLOCK, live.count());
            for (int row = task * Norms.ROW_BLOCK; row < to; row++) {
                Floats.add(share, x + (long) row * columns * Float.BYTES, share, columns);
            }
        }
    }
}
