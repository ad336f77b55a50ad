package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * Gradient of {@link LayerNorm}. With {@code g = w · dy} and {@code u = (x - m) · r}: {@code dx = r · (g - mean(g) - u
 * · mean(g · u)) + residual}, {@code dw += Σ_rows dy · u}, for the live rows.
 *
 * @param x F32 {@code [N, C]}: the input of the norm
 * @param weight F32 {@code [C]}
 * @param mean F32 {@code [N]}: {@code m}, from the forward kernel
 * @param inverseDeviation F32 {@code [N]}: {@code r}, from the forward kernel
 * @param outGradient F32 {@code [N, C]}: {@code dy}
 * @param residual F32 {@code [N, C]}: what else flows into {@code dx}; may be {@code xGradient} itself
 * @param xGradient F32 {@code [N, C]}: {@code dx}
 * @param weightGradient F32 {@code [C]}: {@code dw}, added to
 * @param limit which rows are live; the others are neither read nor written
 */
public record LayerNormBackward(
        Tensor x,
        Tensor weight,
        Tensor mean,
        Tensor inverseDeviation,
        Tensor outGradient,
        Optional<Tensor> residual,
        Tensor xGradient,
        Tensor weightGradient,
        RowLimit limit)
        implements Kernel {
    /** Checks the operands. */
    public LayerNormBackward {
        Check check =
                Check.that("layerNormBackward")
                        .dtype(DType.F32, x, weight, mean, inverseDeviation, outGradient, xGradient, weightGradient)
                        .sameShape(x, outGradient, xGradient)
                        .sameShape(weight, weightGradient)
                        .elements(weight, x.shape().columns())
                        .elements(mean, x.shape().rows())
                        .elements(inverseDeviation, x.shape().rows());
        residual.ifPresent(r -> check.dtype(DType.F32, r).sameShape(x, r));
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(x, weight, mean, inverseDeviation, outGradient, weightGradient)
                .and(residual)
                .and(limit)
                .list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(xGradient, weightGradient);
    }
}
