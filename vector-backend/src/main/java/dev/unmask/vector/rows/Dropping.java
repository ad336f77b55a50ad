package dev.unmask.vector.rows;

import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.RandomBits;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;

/** Elements that are dropped at random. */
public final class Dropping {
    /** Elements that a block of random bits decides about. */
    private static final int PER_BLOCK = 8;

    /** Elements that half of it decides about, 16 bits each. */
    private static final int PER_WORD = 4;

    private Dropping() {}

    public static BoundKernel bind(Dropout kernel, Operands operands) {
        return new BoundDropout(
                operands.address(kernel.x()),
                operands.address(kernel.out()),
                kernel.out().shape().columns(),
                operands.address(kernel.draw()),
                kernel.rows().map(operands::address).orElse(0L),
                operands.live(kernel.limit(), kernel.out().shape().rows()),
                kernel);
    }

    private record BoundDropout(long x, long out, int columns, long draw, long numbers, LiveRows live, Dropout kernel)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(columns));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Tasks.rows(columns);
            int to = Math.min(from + Tasks.rows(columns), live.count());
            int blocks = (columns + PER_BLOCK - 1) / PER_BLOCK;
            long seed = number(draw);
            long step = number(draw + Long.BYTES) + Dropout.STEPS * kernel.stream();
            long[] lower = new long[RandomBits.room(blocks)];
            long[] upper = new long[lower.length];
            for (int r = from; r < to; r++) {
                long of = numbers == 0 ? r : Memory.i32(numbers + (live.first() + (long) r) * Integer.BYTES);
                long first = (number(draw + 2 * Long.BYTES) + of) * blocks;
                long at = (long) r * columns * Float.BYTES;
                RandomBits.blocks(seed, Purpose.DROPOUT, step, first, blocks, lower, upper);
                for (int column = 0; column < columns; column += PER_WORD) {
                    long bits = (column % PER_BLOCK < PER_WORD ? lower : upper)[column / PER_BLOCK];
                    drop(bits, at + (long) column * Float.BYTES, Math.min(PER_WORD, columns - column));
                }
            }
        }

        private static long number(long address) {
            return (long) Memory.i32(address + Integer.BYTES) << 32 | Memory.i32(address) & 0xFFFFFFFFL;
        }

        private void drop(long bits, long at, int count) {
            int threshold = kernel.threshold();
            float factor = kernel.factor();
            boolean accumulate = kernel.accumulate();
            for (int i = 0; i < count; i++) {
                long element = at + (long) i * Float.BYTES;
                int half = (int) (bits >>> 16 * i) & 0xFFFF;
                float value = half < threshold ? 0 : factor * Memory.f32(x + element);
                Memory.f32(out + element, accumulate ? Memory.f32(out + element) + value : value);
            }
        }
    }
}
