package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Picks rows: row {@code r} of the result is row {@code rows[first + r]} of the source, for the live rows of the limit.
 *
 * @param source F32 {@code [N, C]}
 * @param rows I32 {@code [R]}: row numbers of the source
 * @param limit which entries of {@code rows} the result takes
 * @param out F32 {@code [r, C]}
 */
public record GatherRows(Tensor source, Tensor rows, RowLimit limit, Tensor out) implements Kernel {
    /** Checks the operands. */
    public GatherRows {
        Check.that("gatherRows")
                .dtype(DType.F32, source, out)
                .dtype(DType.I32, rows)
                .matrix(out, out.shape().rows(), source.shape().columns())
                .is(
                        limit.first() + (long) out.shape().rows() <= rows.shape().elements(),
                        "%s does not have %d entries from %d on",
                        rows,
                        out.shape().rows(),
                        limit.first());
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(source, rows).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }

    @Override
    public List<Indices> indices() {
        return List.of(new Indices(rows, source.shape().rows(), "rows of " + source, limit, out.shape().rows()));
    }
}
