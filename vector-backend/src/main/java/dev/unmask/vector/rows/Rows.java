package dev.unmask.vector.rows;

import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.HeadAddresses;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;

/** Kernels that move whole rows. */
public final class Rows {
    private Rows() {}

    public static BoundKernel bind(GatherRows kernel, Operands operands) {
        return new BoundGather(
                operands.address(kernel.source()),
                operands.address(kernel.rows()),
                operands.address(kernel.out()),
                kernel.out().shape().columns(),
                operands.live(kernel.limit(), kernel.out().shape().rows()));
    }

    public static BoundKernel bind(ScatterRows kernel, Operands operands) {
        return new BoundScatter(
                operands.address(kernel.source()),
                operands.address(kernel.rows()),
                operands.address(kernel.target()),
                kernel.target().shape().columns(),
                kernel.accumulate(),
                operands.live(kernel.limit(), kernel.source().shape().rows()));
    }

    public static BoundKernel bind(ScatterHeads kernel, Operands operands) {
        return new BoundScatterHeads(
                HeadAddresses.of(kernel.source(), operands),
                operands.address(kernel.rows()),
                HeadAddresses.of(kernel.target(), operands),
                kernel.source().rows());
    }

    private record BoundGather(long source, long rows, long out, int columns, LiveRows live) implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(columns));
        }

        @Override
        public void run(int task, int worker) {
            long bytes = (long) columns * Float.BYTES;
            int from = task * Tasks.rows(columns);
            int to = Math.min(from + Tasks.rows(columns), live.count());
            for (int r = from; r < to; r++) {
                long row = Memory.i32(rows + (live.first() + (long) r) * Integer.BYTES);
                Floats.copy(source + row * bytes, out + r * bytes, bytes);
            }
        }
    }

    private record BoundScatter(long source, long rows, long target, int columns, boolean accumulate, LiveRows live)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(columns));
        }

        @Override
        public void run(int task, int worker) {
            long bytes = (long) columns * Float.BYTES;
            int from = task * Tasks.rows(columns);
            int to = Math.min(from + Tasks.rows(columns), live.count());
            for (int r = from; r < to; r++) {
                long row = target + Memory.i32(rows + (live.first() + (long) r) * Integer.BYTES) * bytes;
                if (accumulate) {
                    Floats.add(row, source + r * bytes, row, columns);
                } else {
                    Floats.copy(source + r * bytes, row, bytes);
                }
            }
        }
    }

    private record BoundScatterHeads(HeadAddresses source, long rows, HeadAddresses target, int count)
            implements TaskKernel {
        private int perTask() {
            return Tasks.rows(source.heads().count() * source.heads().size());
        }

        @Override
        public int tasks() {
            return Tasks.of(count, perTask());
        }

        @Override
        public void run(int task, int worker) {
            long headBytes = (long) source.heads().size() * Float.BYTES;
            int from = task * perTask();
            int to = Math.min(from + perTask(), count);
            for (int r = from; r < to; r++) {
                long row = Memory.i32(rows + (long) r * Integer.BYTES);
                for (int head = 0; head < source.heads().count(); head++) {
                    Floats.copy(source.at(r, head), target.at(row, head), headBytes);
                }
            }
        }
    }
}
