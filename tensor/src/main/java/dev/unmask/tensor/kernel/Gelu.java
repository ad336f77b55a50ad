package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Gaussian error linear unit, the exact one: {@code out = x · Φ(x)}, {@code Φ(x) = (1 + erf(x/√2)) / 2}.
 *
 * @param x F32 {@code [N, F]}
 * @param out F32 {@code [N, F]}; may be {@code x} itself
 * @param limit which rows are live; the others are neither read nor written
 */
public record Gelu(Tensor x, Tensor out, RowLimit limit) implements Kernel {
    /** Checks the operands. */
    public Gelu {
        Check.that("gelu").dtype(DType.F32, x, out).sameShape(x, out);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(x).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }
}
