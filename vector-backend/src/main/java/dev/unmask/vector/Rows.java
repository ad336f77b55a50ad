package dev.unmask.vector;

import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.kernel.ScatterRows;

/** Kernels that move whole rows. */
final class Rows {
    private Rows() {}

    static BoundKernel bind(GatherRows kernel, Binding binding) {
        return new BoundGather(
                binding.address(kernel.source()),
                binding.address(kernel.rows()),
                binding.address(kernel.out()),
                kernel.out().shape().columns(),
                binding.live(kernel.limit(), kernel.out().shape().rows()));
    }

    static BoundKernel bind(ScatterRows kernel, Binding binding) {
        return new BoundScatter(
                binding.address(kernel.source()),
                binding.address(kernel.rows()),
                binding.address(kernel.target()),
                kernel.target().shape().columns(),
                kernel.accumulate(),
                binding.live(kernel.limit(), kernel.source().shape().rows()));
    }

    static BoundKernel bind(ScatterHeads kernel, Binding binding) {
        return new BoundScatterHeads(
                HeadAddresses.of(kernel.source(), binding),
                binding.address(kernel.rows()),
                HeadAddresses.of(kernel.target(), binding),
                kernel.source().rows());
    }

    /** How many rows of a width make a task worth handing out. */
    static int perTask(int columns) {
        return Math.max(1, Elementwise.BLOCK / Math.max(columns, 1));
    }

    /** How many tasks a number of rows makes. */
    static int tasks(int rows, int perTask) {
        return (int) (((long) rows + perTask - 1) / perTask);
    }

    private record BoundGather(long source, long rows, long out, int columns, LiveRows live) implements TaskKernel {
        @Override
        public int tasks() {
            return Rows.tasks(live.count(), perTask(columns));
        }

        @Override
        public void run(int task, int worker) {
            long bytes = (long) columns * Float.BYTES;
            int from = task * perTask(columns);
            int to = Math.min(from + perTask(columns), live.count());
            for (int r = from; r < to; r++) {
                long row = Memory.i32(rows + (live.first() + (long) r) * Integer.BYTES);
                Elementwise.copy(source + row * bytes, out + r * bytes, bytes);
            }
        }
    }

    private record BoundScatter(long source, long rows, long target, int columns, boolean accumulate, LiveRows live)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Rows.tasks(live.count(), perTask(columns));
        }

        @Override
        public void run(int task, int worker) {
            long bytes = (long) columns * Float.BYTES;
            int from = task * perTask(columns);
            int to = Math.min(from + perTask(columns), live.count());
            for (int r = from; r < to; r++) {
                long row = target + Memory.i32(rows + (live.first() + (long) r) * Integer.BYTES) * bytes;
                if (accumulate) {
                    Elementwise.add(row, source + r * bytes, row, columns);
                } else {
                    Elementwise.copy(source + r * bytes, row, bytes);
                }
            }
        }
    }

    private record BoundScatterHeads(HeadAddresses source, long rows, HeadAddresses target, int count)
            implements TaskKernel {
        private int perTask() {
            return Rows.perTask(source.heads().count() * source.heads().size());
        }

        @Override
        public int tasks() {
            return Rows.tasks(count, perTask());
        }

        @Override
        public void run(int task, int worker) {
            long headBytes = (long) source.heads().size() * Float.BYTES;
            int from = task * perTask();
            int to = Math.min(from + perTask(), count);
            for (int r = from; r < to; r++) {
                long row = Memory.i32(rows + (long) r * Integer.BYTES);
                for (int head = 0; head < source.heads().count(); head++) {
                    Elementwise.copy(source.at(r, head), target.at(row, head), headBytes);
                }
            }
        }
    }
}
