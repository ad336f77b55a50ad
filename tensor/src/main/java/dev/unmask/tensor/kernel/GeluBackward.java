package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Gradient of {@link Gelu}: {@code dx = dy · (Φ(x) + x · φ(x))}, {@code φ(x) = e^(-x²/2) / √(2π)}.
 *
 * @param x F32 {@code [N, F]}: the input of the activation
 * @param outGradient F32 {@code [N, F]}: {@code dy}
 * @param xGradient F32 {@code [N, F]}: {@code dx}; may be one of the others
 * @param limit which rows are live; the others are neither read nor written
 */
public record GeluBackward(Tensor x, Tensor outGradient, Tensor xGradient, RowLimit limit) implements Kernel {
    /** Checks the operands. */
    public GeluBackward {
        Check.that("geluBackward").dtype(DType.F32, x, outGradient, xGradient).sameShape(x, outGradient, xGradient);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(x, outGradient).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(xGradient);
    }
}
