package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Element-wise sum: {@code out = left + right}.
 *
 * @param left F32, any shape
 * @param right F32, the same shape
 * @param out F32, the same shape; may be either operand
 */
public record Add(Tensor left, Tensor right, Tensor out) implements Kernel {
    /** Checks the operands. */
    public Add {
        Check.that("add").dtype(DType.F32, left, right, out).sameShape(left, right, out);
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(left, right);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }
}
