package dev.unmask.model;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;

import java.util.Optional;

/**
 * What stands between attention and attention, without its norm.
 *
 * @param gate what {@code up} is multiplied by, after its activation; empty: {@code up} is activated itself
 * @param up into the hidden width
 * @param down out of it
 */
record FeedForward(Optional<Linear> gate, Linear up, Linear down) {
    /** Adds the result to a residual stream. */
    Tensor addedTo(Ops ops, Tensor residual, Tensor x) {
        Tensor activated =
                gate.isPresent() ? ops.swiGlu(gate.get().of(ops, x), up.of(ops, x)) : ops.gelu(up.of(ops, x));
        return down.addedTo(ops, residual, activated);
    }
}
