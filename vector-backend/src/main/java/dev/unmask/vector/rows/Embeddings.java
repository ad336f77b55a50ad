package dev.unmask.vector.rows;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Species;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;

import jdk.incubator.vector.ShortVector;

/** Token embedding and its gradient. */
public final class Embeddings {
    /** Columns of a task of the gradient: tokens share rows, so it is columns that are cut. */
    private static final int SLAB = 128;

    private Embeddings() {}

    public static BoundKernel bind(Embed kernel, Operands operands) {
        return new BoundEmbed(
                operands.address(kernel.ids()),
                operands.address(kernel.table()),
                kernel.table().dtype() == DType.BF16,
                operands.address(kernel.out()),
                Math.toIntExact(kernel.ids().shape().elements()),
                kernel.table().shape().columns());
    }

    public static BoundKernel bind(EmbedBackward kernel, Operands operands) {
        return new BoundEmbedBackward(
                operands.address(kernel.ids()),
                operands.address(kernel.outGradient()),
                operands.address(kernel.tableGradient()),
                Math.toIntExact(kernel.ids().shape().elements()),
                kernel.tableGradient().shape().columns());
    }

    private record BoundEmbed(long ids, long table, boolean bf16, long out, int rows, int columns)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(rows, Tasks.rows(columns));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Tasks.rows(columns);
            int to = Math.min(from + Tasks.rows(columns), rows);
            for (int r = from; r < to; r++) {
                long id = Memory.i32(ids + (long) r * Integer.BYTES);
                long target = out + (long) r * columns * Float.BYTES;
                if (bf16) {
                    widen(table + id * columns * Short.BYTES, target, columns);
                } else {
                    long bytes = (long) columns * Float.BYTES;
                    Floats.copy(table + id * bytes, target, bytes);
                }
            }
        }
    }

    /** Turns bfloat16 into float32. */
    static void widen(long source, long target, int n) {
        int i = 0;
        for (; i <= n - Species.LANES; i += Species.LANES) {
            ShortVector halves =
                    ShortVector.fromMemorySegment(
                            Species.HALVES, Memory.ALL, source + (long) i * Short.BYTES, Species.ORDER);
            Species.widen(halves).intoMemorySegment(Memory.ALL, target + (long) i * Float.BYTES, Species.ORDER);
        }
        for (; i < n; i++) {
            Memory.f32(target + (long) i * Float.BYTES, Memory.bf16(source + (long) i * Short.BYTES));
        }
    }

    private record BoundEmbedBackward(long ids, long outGradient, long tableGradient, int rows, int columns)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(columns, SLAB);
        }

        @Override
        public void run(int task, int worker) {
            int from = task * SLAB;
            int width = Math.min(SLAB, columns - from);
            for (int r = 0; r < rows; r++) {
                long id = Memory.i32(ids + (long) r * Integer.BYTES);
                long target = tableGradient + (id * columns + from) * Float.BYTES;
                long source = outGradient + ((long) r * columns + from) * Float.BYTES;
                Floats.add(target, source, target, width);
            }
        }
    }
}
