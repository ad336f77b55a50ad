package dev.unmask.tensor;

import java.util.List;
import java.util.Optional;

/**
 * Which rows of an operand take part in a kernel, decided at run time: row {@code r} stands for entry {@code first + r}
 * of a longer list, and only entries below {@code count[0]} are live.
 *
 * <p>The masked places of a batch are such a list: their number changes with every step, while a recorded program has
 * fixed shapes. Rows that are not live are neither read nor written.
 *
 * @param count I32 {@code [1]}: the number of live entries; empty: all rows are live
 * @param first the entry that row 0 stands for, at least 0
 */
public record RowLimit(Optional<Tensor> count, int first) {
    /** Every row is live. */
    public static final RowLimit ALL = new RowLimit(Optional.empty(), 0);

    /** Checks the count. */
    public RowLimit {
        if (first < 0) {
            throw new ShapeException("row limit: first entry " + first + " is negative");
        }
        count.ifPresent(c ->
                Check.that("row limit")
                        .is(c.dtype() == DType.I32 && c.shape().elements() == 1, "count is I32 [1], found %s", c));
    }

    /**
     * A limit by a count held in a tensor.
     *
     * @param count I32 {@code [1]}: the number of live entries
     * @param first the entry that row 0 stands for
     * @return the limit
     */
    public static RowLimit of(Tensor count, int first) {
        return new RowLimit(Optional.of(count), first);
    }

    /**
     * The count as an operand, for {@code Kernel.inputs()}.
     *
     * @return the count, or nothing
     */
    public List<Tensor> operands() {
        return count.stream().toList();
    }

    /**
     * How many of the first rows are live.
     *
     * @param entries the value of the count
     * @param rows the rows of the operand
     * @return {@code entries - first}, but at least 0 and at most {@code rows}
     */
    public int live(int entries, int rows) {
        return Math.clamp((long) entries - first, 0, rows);
    }
}
