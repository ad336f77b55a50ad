package dev.unmask.model;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A block: attention, then the MLP, each with a norm.
 *
 * @param post whether a norm follows each sum; else it precedes what is added
 * @param norm1 of attention
 * @param projections make queries, keys and values
 * @param output follows attention
 * @param norm2 of the MLP
 * @param mlp follows attention's sum
 */
record Block(boolean post, Norm norm1, Projections projections, Linear output, Norm norm2, FeedForward mlp) {
    /** Queries, keys and values. */
    Projections.Made project(Ops ops, Tensor x, TokenBatch input) {
        return projections.of(ops, post ? x : norm1.of(ops, x), input);
    }

    /** What follows attention. */
    Tensor finish(Ops ops, Tensor residual, Tensor mixed) {
        Tensor x = output.addedTo(ops, residual, mixed);
        if (post) {
            Tensor normed = norm1.of(ops, x);
            return norm2.of(ops, mlp.addedTo(ops, normed, normed));
        }
        return mlp.addedTo(ops, x, norm2.of(ops, x));
    }

    /** Finds the parameters of blocks by their names. */
    record Maker(
            ModelConfig config,
            Map<String, Tensor> parameters,
            Map<String, Linear.Adapter> adapters,
            Optional<Tensor> rotary) {
        Block block(int layer) {
            String block = Parameters.block(layer);
            Network network = config.network();
            List<Linear> maps =
                    network.projections().fused()
                            ? List.of(linear(block + "attn.attn"))
                            : List.of(linear(block + "attn.q"), linear(block + "attn.k"), linear(block + "attn.v"));
            List<Norm> norms =
                    network.projections().norms()
                            ? List.of(norm(block + "attn.q_norm"), norm(block + "attn.k_norm"))
                            : List.of();
            FeedForward mlp =
                    switch (network.mlp()) {
                        case SWIGLU ->
                                new FeedForward(
                                        Optional.of(linear(block + "mlp.swiglu.w1")),
                                        linear(block + "mlp.swiglu.w2"),
                                        linear(block + "mlp.swiglu.w3"));
                        case GELU ->
                                new FeedForward(Optional.empty(), linear(block + "mlp.up"), linear(block + "mlp.down"));
                    };
            return new Block(
                    network.norms() == Network.Norms.POST_LAYER,
                    norm(block + "norm_1"),
                    new Projections(config.heads(), maps, norms, rotary),
                    linear(block + "attn.proj"),
                    norm(block + "norm_2"),
                    mlp);
        }

        Linear linear(String stem) {
            return new Linear(
                    parameters.get(stem + ".weight"),
                    Optional.ofNullable(parameters.get(Int8Weights.scalesOf(stem + ".weight"))),
                    Optional.ofNullable(parameters.get(stem + ".bias")),
                    Optional.ofNullable(adapters.get(stem + ".weight")),
                    List.copyOf(parameters.keySet()).indexOf(stem + ".weight"));
        }

        Norm norm(String stem) {
            return new Norm(
                    parameters.get(stem + ".weight"),
                    Optional.ofNullable(parameters.get(stem + ".bias")),
                    config.normEpsilon());
        }
    }
}
