package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Moves an average a part of the way to a value: {@code average += share · (value - average)}. With a share of {@code 1
 * - d} after each step of a training that is an exponential moving average of the decay {@code d}.
 *
 * @param average F32, any shape, updated in place
 * @param value F32, the same shape
 * @param share F32 {@code [1]}: the part of the way, from 0 to 1
 */
public record MovingAverage(Tensor average, Tensor value, Tensor share) implements Kernel {
    /** Checks the operands. */
    public MovingAverage {
        Check.that("movingAverage")
                .dtype(DType.F32, average, value, share)
                .sameShape(average, value)
                .elements(share, 1);
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(average, value, share);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(average);
    }
}
