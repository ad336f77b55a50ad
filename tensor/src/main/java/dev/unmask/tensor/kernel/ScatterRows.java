package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Puts rows back: row {@code rows[first + r]} of the target becomes row {@code r} of the source, or has it added, for
 * the live rows of the limit. The live row numbers are all different. Other rows of the target stay as they are.
 *
 * @param source F32 {@code [r, C]}
 * @param rows I32 {@code [R]}: row numbers of the target
 * @param limit which entries of {@code rows} the source stands for
 * @param accumulate whether to add to the target's row instead of replacing it
 * @param target F32 {@code [N, C]}
 */
public record ScatterRows(Tensor source, Tensor rows, RowLimit limit, boolean accumulate, Tensor target)
        implements Kernel {
    /** Checks the operands. */
    public ScatterRows {
        Check.that("scatterRows")
                .dtype(DType.F32, source, target)
                .dtype(DType.I32, rows)
                .matrix(source, source.shape().rows(), target.shape().columns())
                .is(
                        limit.first() + (long) source.shape().rows() <= rows.shape().elements(),
                        "%s does not have %d entries from %d on",
                        rows,
                        source.shape().rows(),
                        limit.first());
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(source, rows, target).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(target);
    }

    @Override
    public List<Indices> indices() {
        return List.of(new Indices(rows, target.shape().rows(), "rows of " + target, limit, source.shape().rows()));
    }
}
