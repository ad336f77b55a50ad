package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Root mean square normalisation of each live row (METHOD §1.1): {@code y = w · x · r}, {@code r = 1/sqrt(mean(x²) +
 * eps)}. A weight shorter than a row normalises each piece of the row that is as long as it: every head for itself.
 *
 * @param x F32 {@code [N, P·C]}
 * @param weight F32 {@code [C]}
 * @param epsilon added to the mean of squares
 * @param out F32 {@code [N, P·C]}
 * @param inverseRms F32 {@code [N, P]}: {@code r} of each piece, kept for the gradient
 * @param limit which rows are live; the others are neither read nor written. With more than one piece a row: all
 */
public record RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor out, Tensor inverseRms, RowLimit limit)
        implements Kernel {
    /** Checks the operands. */
    public RmsNorm {
        Check.that("rmsNorm")
                .dtype(DType.F32, x, weight, out, inverseRms)
                .sameShape(x, out)
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
        return Operands.of(x, weight).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out, inverseRms);
    }
}
