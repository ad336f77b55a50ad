package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Copies all elements.
 *
 * @param source any dtype
 * @param target the same dtype and number of elements
 */
public record Copy(Tensor source, Tensor target) implements Kernel {
    /** Checks the operands. */
    public Copy {
        Check.that("copy").dtype(source.dtype(), target).elements(target, source.shape().elements());
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(source);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(target);
    }
}
