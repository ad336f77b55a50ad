package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Adds the same row to every live row: {@code out[n, c] = x[n, c] + bias[c]}.
 *
 * @param x F32 {@code [N, C]}
 * @param bias F32 {@code [C]}
 * @param out F32 {@code [N, C]}; may be {@code x} itself
 * @param limit which rows are live; the others are neither read nor written
 */
public record AddBias(Tensor x, Tensor bias, Tensor out, RowLimit limit) implements Kernel {
    /** Checks the operands. */
    public AddBias {
        Check.that("addBias")
                .dtype(DType.F32, x, bias, out)
                .sameShape(x, out)
                .elements(bias, x.shape().columns())
                .is(bias != out, "the result %s is also the bias", out);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(x, bias).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }
}
