package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Adds the live rows up, as the gradient of {@link AddBias} by its bias does: {@code sums[c] += Σ_n x[n, c]}.
 *
 * @param x F32 {@code [N, C]}
 * @param sums F32 {@code [C]}, added to
 * @param limit which rows are live; the others are not read
 */
public record SumRows(Tensor x, Tensor sums, RowLimit limit) implements Kernel {
    /** Checks the operands. */
    public SumRows {
        Check.that("sumRows").dtype(DType.F32, x, sums).elements(sums, x.shape().columns());
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(x, sums).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(sums);
    }
}
