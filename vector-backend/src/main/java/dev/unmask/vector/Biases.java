package dev.unmask.vector;

import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.SumRows;

/** A row that is added to every row, and its gradient: the sum of all rows. */
final class Biases {
    private Biases() {}

    static BoundKernel bind(AddBias kernel, Binding binding) {
        return new BoundAddBias(
                binding.address(kernel.x()),
                binding.address(kernel.bias()),
                binding.address(kernel.out()),
                kernel.out().shape().columns(),
                binding.live(kernel.limit(), kernel.out().shape().rows()));
    }

    static BoundKernel bind(SumRows kernel, Binding binding) {
        int rows = kernel.x().shape().rows();
        int columns = kernel.x().shape().columns();
        LiveRows live = binding.live(kernel.limit(), rows);
        binding.workspace().reserveShared((long) Rows.tasks(rows, Norms.ROW_BLOCK) * columns * Float.BYTES);
        Shares shares = new Shares(binding.address(kernel.x()), columns, live, binding.workspace());
        Norms.AddShares sum = new Norms.AddShares(binding.address(kernel.sums()), live, columns, binding.workspace());
        return workers -> {
            shares.run(workers);
            sum.run(workers);
        };
    }

    private record BoundAddBias(long x, long bias, long out, int columns, LiveRows live) implements TaskKernel {
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
                Elementwise.add(x + at, bias, out + at, columns);
            }
        }
    }

    /** Sums a block of rows. */
    private record Shares(long x, int columns, LiveRows live, Workspace workspace) implements TaskKernel {
        @Override
        public int tasks() {
            return Rows.tasks(live.count(), Norms.ROW_BLOCK);
        }

        @Override
        public void run(int task, int worker) {
            long share = workspace.shared() + (long) task * columns * Float.BYTES;
            Elementwise.fill(share, columns, 0);
            int to = Math.min((task + 1) * Norms.ROW_BLOCK, live.count());
            for (int row = task * Norms.ROW_BLOCK; row < to; row++) {
                Elementwise.add(share, x + (long) row * columns * Float.BYTES, share, columns);
            }
        }
    }
}
