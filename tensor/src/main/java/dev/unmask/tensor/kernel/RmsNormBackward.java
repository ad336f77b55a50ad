package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * Gradient of {@link RmsNorm}. With {@code g = w · dy}: {@code dx = r · (g - x · r² · mean(g · x)) + residual}, {@code
 * dw += Σ_rows dy · x · r}, for the live rows.
 *
 * @param x F32 {@code [N, P·C]}: the input of the norm
 * @param weight F32 {@code [C]}
 * @param inverseRms F32 {@code [N, P]}: {@code r}, from the forward kernel
 * @param outGradient F32 {@code [N, P·C]}: {@code dy}
 * @param residual F32 {@code [N, P·C]}: what else flows into {@code dx}; may be {@code xGradient} itself
 * @param xGradient F32 {@code [N, P·C]}: {@code dx}
 * @param weightGradient F32 {@code [C]}: {@code dw}, added to
 * @param limit which rows are live; the others are neither read nor written
 */
public record RmsNormBackward(
        Tensor x,
        Tensor weight,
        Tensor inverseRms,
        Tensor outGradient,
        Optional<Tensor> residual,
        Tensor xGradient,
        Tensor weightGradient,
        RowLimit limit)
        implements Kernel {
    /** Checks the operands. */
    public RmsNormBackward {
        Check check =
                Check.that("rmsNormBackward")
                        .dtype(DType.F32, x, weight, inverseRms, outGradient, xGradient, weightGradient)
                        .sameShape(x, outGradient, xGradient)
                        .sameShape(weight, weightGradient)
                        .is(
                                weight.shape().elements() > 0 && x.shape().columns() % weight.shape().elements() == 0,
                                "rows of %s are not made of pieces as long as %s",
                                x,
                                weight)
                        .is(
                                x.shape().columns() == weight.shape().elements() || limit.equals(RowLimit.ALL),
                                "%s has several pieces a row, but is limited to some rows",
                                x)
                        .elements(inverseRms, x.shape().elements() / weight.shape().elements());
        residual.ifPresent(r -> check.dtype(DType.F32, r).sameShape(x, r));
    }

    /**
     * The pieces that are normalised, each for itself.
     *
     * @return {@code N · P}
     */
    public int pieces() {
        return Math.toIntExact(x.shape().elements() / weight.shape().elements());
    }

    /**
     * Elements of a piece.
     *
     * @return {@code C}
     */
    public int width() {
        return Math.toIntExact(weight.shape().elements());
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(x, weight, inverseRms, outGradient, weightGradient).and(residual).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(xGradient, weightGradient);
    }
}
