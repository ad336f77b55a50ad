package dev.unmask.model;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;

import java.util.Optional;

/**
 * A linear map as a layer has it: {@code y = x · wᵀ + b + scale · (dropped(x) · downᵀ) · upᵀ}, where only training
 * drops.
 *
 * @param weight {@code [out, in]}, F32, BF16 or I8
 * @param scales F32 {@code [out]}, what each row of a weight in I8 is multiplied by; none else
 * @param bias F32 {@code [out]}, if it has one
 * @param adapter a low-rank addition to the weight, if it has one
 * @param number tells it from the model's other maps: what goes into adapters is dropped independently
 */
public record Linear(
        Tensor weight, Optional<Tensor> scales, Optional<Tensor> bias, Optional<Adapter> adapter, int number) {
    /**
     * A low-rank addition to a weight (LoRA, Hu et al., arXiv 2106.09685).
     *
     * @param down F32 {@code [r, in]}
     * @param up F32 {@code [out, r]}
     * @param scale what the product is multiplied by: {@code α / r}
     */
    public record Adapter(Tensor down, Tensor up, float scale) {}

    /**
     * Records the map.
     *
     * @param ops the operations, with or without a tape
     * @param x F32 {@code [N, in]}
     * @return F32 {@code [N, out]}
     */
    public Tensor of(Ops ops, Tensor x) {
        return with(
                ops,
                x,
                scales.map(factors -> ops.int8Linear(x, weight, factors)).orElseGet(() -> ops.linear(x, weight)));
    }

    /**
     * Records the map, added to a residual stream.
     *
     * @param ops the operations, with or without a tape
     * @param residual F32 {@code [N, out]}
     * @param x F32 {@code [N, in]}
     * @return F32 {@code [N, out]}
     */
    public Tensor addedTo(Ops ops, Tensor residual, Tensor x) {
        return with(
                ops,
                x,
                scales.map(factors -> ops.addInt8Linear(residual, x, weight, factors))
                        .orElseGet(() -> ops.addLinear(residual, x, weight)));
    }

    private Tensor with(Ops ops, Tensor x, Tensor product) {
        Tensor y = product;
        if (adapter.isPresent()) {
            Adapter low = adapter.get();
            Tensor kept = ops.dropout(x, number);
            y = ops.addLinear(y, ops.scale(ops.linear(kept, low.down), low.scale), low.up);
        }
        if (bias.isPresent()) {
            ops.addBias(y, bias.get());
        }
        return y;
    }
}
