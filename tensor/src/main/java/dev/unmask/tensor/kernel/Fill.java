package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Sets every element to one value.
 *
 * @param target F32, any shape
 * @param value the value
 */
public record Fill(Tensor target, float value) implements Kernel {
    /** Checks the operand. */
    public Fill {
        Check.that("fill").dtype(DType.F32, target);
    }

    @Override
    public List<Tensor> inputs() {
        return List.of();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(target);
    }
}
