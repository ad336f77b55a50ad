package dev.unmask.model;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;

import java.util.Optional;

/**
 * A norm as a layer has it.
 *
 * @param weight F32 {@code [C]}
 * @param bias F32 {@code [C]}: that of layer normalisation; empty: root mean square normalisation
 * @param epsilon added to the mean of squares
 */
record Norm(Tensor weight, Optional<Tensor> bias, float epsilon) {
    Tensor of(Ops ops, Tensor x) {
        return bias.isPresent() ? ops.layerNorm(x, weight, bias.get(), epsilon) : ops.rmsNorm(x, weight, epsilon);
    }
}
