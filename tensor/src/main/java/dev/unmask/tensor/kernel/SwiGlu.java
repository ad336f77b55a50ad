package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Gated activation: {@code out = silu(gate) ∘ up}, {@code silu(x) = x / (1 + e^-x)}.
 *
 * @param gate F32 {@code [N, F]}
 * @param up F32 {@code [N, F]}
 * @param out F32 {@code [N, F]}
 * @param limit which rows are live; the others are neither read nor written
 */
public record SwiGlu(Tensor gate, Tensor up, Tensor out, RowLimit limit) implements Kernel {
    /** Checks the operands. */
    public SwiGlu {
        Check.that("swiGlu").dtype(DType.F32, gate, up, out).sameShape(gate, up, out);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(gate, up).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }
}
