package dev.unmask.tensor;

import java.util.BitSet;

/**
 * The heads of one kind, queries or keys or values, that stand in the rows of a tensor: what attention takes and what
 * its gradients are written to. One tensor may hold several kinds, each in columns of its own.
 *
 * <p>Heads come in runs that lie side by side, one run every {@code step} columns; where a tensor holds nothing else
 * between them, there is one run.
 *
 * @param tensor F32 {@code [N, columns]}
 * @param first the column where head 0 begins
 * @param count number of heads
 * @param size elements of a head
 * @param run heads that lie side by side; divides {@code count}
 * @param step columns from where a run begins to where the next does, at least {@code run · size}
 */
public record HeadRows(Tensor tensor, int first, int count, int size, int run, int step) {
    /** Checks that all heads lie in the tensor. */
    public HeadRows {
        Check.that("heads of rows")
                .dtype(DType.F32, tensor)
                .is(count > 0 && size > 0, "found %d heads of %d elements", count, size)
                .is(run > 0 && count % run == 0, "runs of %d do not divide %d heads", run, count)
                .is(step >= (long) run * size, "a step of %d columns is less than a run of %d · %d", step, run, size)
                .is(
                        first >= 0 && first + (count / run - 1L) * step + (long) run * size <= tensor.shape().columns(),
                        "%d heads of %d columns, runs of %d every %d from column %d on, do not lie in %s",
                        count,
                        size,
                        run,
                        step,
                        first,
                        tensor);
    }

    /**
     * Heads that lie side by side.
     *
     * @param tensor F32 {@code [N, columns]}
     * @param first the column where head 0 begins
     * @param count number of heads
     * @param size elements of a head
     * @return the heads
     */
    public static HeadRows of(Tensor tensor, int first, int count, int size) {
        return new HeadRows(tensor, first, count, size, count, count * size);
    }

    /**
     * The same columns of another tensor.
     *
     * @param other F32, at least as wide
     * @return its heads
     */
    public HeadRows in(Tensor other) {
        return new HeadRows(other, first, count, size, run, step);
    }

    /**
     * Where a head begins.
     *
     * @param head from 0 to {@code count - 1}
     * @return its first column
     */
    public int column(int head) {
        return first + head / run * step + head % run * size;
    }

    /**
     * Rows of the tensor.
     *
     * @return {@code N}
     */
    public int rows() {
        return tensor.shape().rows();
    }

    /**
     * Columns of the tensor, in which other things may stand too.
     *
     * @return elements from a row to the next
     */
    public int columns() {
        return tensor.shape().columns();
    }

    /**
     * Whether some of these heads share memory with some of others.
     *
     * @param other heads of any tensor
     * @return whether a column belongs to both
     */
    public boolean overlaps(HeadRows other) {
        return tensor == other.tensor && taken().intersects(other.taken());
    }

    /**
     * The columns that heads stand in.
     *
     * @return one bit a column
     */
    public BitSet taken() {
        BitSet taken = new BitSet(columns());
        for (int head = 0; head < count; head++) {
            taken.set(column(head), column(head) + size);
        }
        return taken;
    }
}
