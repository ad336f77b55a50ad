package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Gated activation: {@code out = silu(gate) ∘ up}, {@code silu(x) = x / (1 + e^-x)}.
 *
 * @param gate F32 {@code [N, F]}
 * @param up F32 {@code [N, F]}
 * @param out F32 {@code [N, F]}
 */
public record SwiGlu(Tensor gate, Tensor up, Tensor out) implements Kernel {
    /** Checks the operands. */
    public SwiGlu {
        Check.that("swiGlu").dtype(DType.F32, gate, up, out).sameShape(gate, up, out);
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(gate, up);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }
}
