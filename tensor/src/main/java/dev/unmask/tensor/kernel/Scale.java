package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Multiplies every live row by a number: {@code out = factor · x}.
 *
 * @param x F32 {@code [N, C]}
 * @param factor the number
 * @param out F32 {@code [N, C]}; may be {@code x} itself
 * @param limit which rows are live; the others are neither read nor written
 */
public record Scale(Tensor x, float factor, Tensor out, RowLimit limit) implements Kernel {
    /** Checks the operands. */
    public Scale {
        Check.that("scale").dtype(DType.F32, x, out).sameShape(x, out);
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
