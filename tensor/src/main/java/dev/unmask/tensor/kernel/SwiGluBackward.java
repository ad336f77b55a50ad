package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Gradient of {@link SwiGlu}. With {@code s = 1/(1 + e^-gate)}: {@code dGate = dOut ∘ up ∘ s ∘ (1 + gate ∘ (1 - s))},
 * {@code dUp = dOut ∘ gate ∘ s}.
 *
 * @param gate F32 {@code [N, F]}
 * @param up F32 {@code [N, F]}
 * @param outGradient F32 {@code [N, F]}
 * @param gateGradient F32 {@code [N, F]}; may be {@code gate} itself
 * @param upGradient F32 {@code [N, F]}; may be {@code up} itself
 * @param limit which rows are live; the others are neither read nor written
 */
public record SwiGluBackward(
        Tensor gate, Tensor up, Tensor outGradient, Tensor gateGradient, Tensor upGradient, RowLimit limit)
        implements Kernel {
    /** Checks the operands. */
    public SwiGluBackward {
        Check.that("swiGluBackward")
                .dtype(DType.F32, gate, up, outGradient, gateGradient, upGradient)
                .sameShape(gate, up, outGradient, gateGradient, upGradient);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(gate, up, outGradient).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(gateGradient, upGradient);
    }
}
