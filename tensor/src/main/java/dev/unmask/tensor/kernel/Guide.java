package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Classifier-free guidance on logits (METHOD §4): {@code out = u + (1 + w)·(c - u)}, for the live rows.
 *
 * @param conditional F32 {@code [r, V]}: {@code c}
 * @param unconditional F32 {@code [r, V]}: {@code u}
 * @param scale F32 {@code [1]}: the guidance scale {@code w}; 0 gives {@code c}
 * @param limit which rows are live
 * @param out F32 {@code [r, V]}; may be either operand
 */
public record Guide(Tensor conditional, Tensor unconditional, Tensor scale, RowLimit limit, Tensor out)
        implements Kernel {
    /** Checks the operands. */
    public Guide {
        Check.that("guide")
                .dtype(DType.F32, conditional, unconditional, scale, out)
                .sameShape(conditional, unconditional, out)
                .elements(scale, 1);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(conditional, unconditional, scale).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }
}
