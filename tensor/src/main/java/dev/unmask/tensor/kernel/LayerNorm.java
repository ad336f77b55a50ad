package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Layer normalisation of each live row, without a bias: {@code y = w · (x - m) · r}, {@code m = mean(x)}, {@code r =
 * 1/sqrt(mean((x - m)²) + eps)}.
 *
 * @param x F32 {@code [N, C]}
 * @param weight F32 {@code [C]}
 * @param epsilon added to the variance
 * @param out F32 {@code [N, C]}
 * @param mean F32 {@code [N]}: {@code m} of each row, kept for the gradient
 * @param inverseDeviation F32 {@code [N]}: {@code r} of each row, kept for the gradient
 * @param limit which rows are live; the others are neither read nor written
 */
public record LayerNorm(
        Tensor x, Tensor weight, float epsilon, Tensor out, Tensor mean, Tensor inverseDeviation, RowLimit limit)
        implements Kernel {
    /** Checks the operands. */
    public LayerNorm {
        Check.that("layerNorm")
                .dtype(DType.F32, x, weight, out, mean, inverseDeviation)
                .sameShape(x, out)
                .elements(weight, x.shape().columns())
                .elements(mean, x.shape().rows())
                .elements(inverseDeviation, x.shape().rows());
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(x, weight).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out, mean, inverseDeviation);
    }
}
