package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Root mean square normalisation of each live row (METHOD §1.1): {@code y = w · x · r}, {@code r = 1/sqrt(mean(x²) +
 * eps)}.
 *
 * @param x F32 {@code [N, C]}
 * @param weight F32 {@code [C]}
 * @param epsilon added to the mean of squares
 * @param out F32 {@code [N, C]}
 * @param inverseRms F32 {@code [N]}: {@code r} of each row, kept for the gradient
 * @param limit which rows are live; the others are neither read nor written
 */
public record RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor out, Tensor inverseRms, RowLimit limit)
        implements Kernel {
    /** Checks the operands. */
    public RmsNorm {
        Check.that("rmsNorm")
                .dtype(DType.F32, x, weight, out, inverseRms)
                .sameShape(x, out)
                .elements(weight, x.shape().columns())
                .elements(inverseRms, x.shape().rows());
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(x, weight).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out, inverseRms);
    }
}
