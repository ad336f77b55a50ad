package dev.unmask.tensor.grad;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Tape.Slot;
import dev.unmask.tensor.kernel.Dropout;

import java.util.List;
import java.util.Optional;

/** Elements that are dropped at random, with gradients. */
record DropoutOps(Ops ops, Dropping how) {
    /**
     * What is dropped.
     *
     * @param rate part of the elements, from 0 to below 1
     * @param draw I32 {@code [6]}: names the random numbers, see {@link Dropout}
     * @param rows I32 {@code [R]}: which rows of the batch the operations are limited to; empty: all
     */
    record Dropping(float rate, Tensor draw, Optional<Tensor> rows) {
        /** The same of some rows of the batch. */
        Dropping of(Tensor some) {
            return new Dropping(rate, draw, Optional.of(some));
        }
    }

    Tensor dropout(Tensor x, int stream) {
        Tensor out = ops.temporary("kept of " + x.name(), x.shape().rows(), x.shape().columns());
        ops.recorder().add(new Dropout(x, how.rate(), stream, how.draw(), how.rows(), ops.limit(), false, out));
        ops.back(
                out,
                List.of(x),
                (t, outGradient) -> {
                    Slot slot = t.into(x);
                    ops.recorder()
                            .add(
                                    new Dropout(
                                            outGradient,
                                            how.rate(),
                                            stream,
                                            how.draw(),
                                            how.rows(),
                                            ops.limit(),
                                            slot.holds(),
                                            slot.gradient()));
                });
        return out;
    }
}
