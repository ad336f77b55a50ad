package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * Drops elements at random and scales the others up, so that their expectation stays (Srivastava et al. 2014): {@code
 * out = kept ? factor · x : 0}. It is its own gradient.
 *
 * <p>What is dropped is a function of the row's number and the column alone. Row {@code r} has the number {@code n =
 * first number + (rows ? rows[first + r] : r)}; with {@code half} the 16 bits {@code column mod 8} of the Philox block
 * (seed, DROPOUT, {@code step + 2^40·stream}, {@code n·⌈C/8⌉ + ⌊column/8⌋}), the lower half of a word first, an element
 * is dropped where {@code half <} {@link #threshold}.
 *
 * @param x F32 {@code [r, C]}
 * @param rate part that is dropped, from 0 to below 1, rounded to a multiple of 2<sup>-16</sup>
 * @param stream keeps the draws of one place in a model from those of another, from 0 to below 2<sup>24</sup>
 * @param draw I32 {@code [6]}: low and high word of the seed, of the step, and of the first number
 * @param rows I32 {@code [R]}: which of the numbered rows each is; empty: in order
 * @param limit which rows are live; the others are neither read nor written
 * @param accumulate whether the result is added to what is there
 * @param out F32 {@code [r, C]}
 */
public record Dropout(
        Tensor x,
        float rate,
        int stream,
        Tensor draw,
        Optional<Tensor> rows,
        RowLimit limit,
        boolean accumulate,
        Tensor out)
        implements Kernel {
    /** Steps are below this: the bits above belong to the stream. */
    public static final long STEPS = 1L << 40;

    /** Bits of an element's draw. */
    private static final int BITS = 16;

    private static final int STREAMS = 1 << 24;

    /** Checks the operands. */
    public Dropout {
        Check.that("dropout")
                .dtype(DType.F32, x, out)
                .dtype(DType.I32, draw)
                .sameShape(x, out)
                .elements(draw, 6)
                .is(rate >= 0 && rate < 1, "rate %s, expected from 0 to below 1", rate)
                .is(stream >= 0 && stream < STREAMS, "stream %d, expected from 0 to below 2^24", stream);
        int size = x.shape().rows();
        RowLimit taken = limit;
        rows.ifPresent(list ->
                Check.that("dropout")
                        .dtype(DType.I32, list)
                        .is(
                                taken.first() + (long) size <= list.shape().elements(),
                                "%s does not have %d entries from %d on",
                                list,
                                size,
                                taken.first()));
    }

    /**
     * Draws below this are dropped.
     *
     * @return from 0 to below 65,536
     */
    public int threshold() {
        return Math.min((1 << BITS) - 1, Math.round(rate * (1 << BITS)));
    }

    /**
     * What the others are multiplied by.
     *
     * @return at least 1
     */
    public float factor() {
        return (float) ((double) (1 << BITS) / ((1 << BITS) - threshold()));
    }

    @Override
    public List<Tensor> inputs() {
        Operands operands = rows.isPresent() ? Operands.of(x, draw, rows.get()) : Operands.of(x, draw);
        return operands.and(limit).and(accumulate ? Optional.of(out) : Optional.empty()).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }

    @Override
    public List<Indices> indices() {
        return rows.map(list -> new Indices(list, Integer.MAX_VALUE, "rows of a batch", limit, x.shape().rows()))
                .map(List::of)
                .orElse(List.of());
    }
}
