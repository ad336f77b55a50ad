package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Sum of the squares of all elements, accumulated in float64: {@code sums[slot] = Σ x²}.
 *
 * @param x F32, any shape
 * @param sums F32 {@code [S]}: one slot for each tensor of a model
 * @param slot which element of {@code sums} is written
 */
public record SumOfSquares(Tensor x, Tensor sums, int slot) implements Kernel {
    /** Checks the operands. */
    public SumOfSquares {
        Check.that("sumOfSquares")
                .dtype(DType.F32, x, sums)
                .is(slot >= 0 && slot < sums.shape().elements(), "slot %d is outside %s", slot, sums);
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(x);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(sums);
    }
}
