package dev.unmask.model;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.Ops;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.ScatterRows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The transformer of METHOD §1: pre-norm blocks of attention and a gated MLP, rotary positions, a head that is not tied
 * to the embedding. Bidirectional it denoises masked text, causal it is the autoregressive baseline; nothing else
 * differs but the mask token's embedding row.
 */
public final class Transformer {
    private record Block(
            Tensor norm1, Tensor attention, Tensor projection, Tensor norm2, Tensor gate, Tensor up, Tensor down) {}

    private final ModelConfig config;
    private final Map<String, Tensor> parameters;
    private final Tensor rotaryTable;
    private final Tensor embedding;
    private final List<Block> blocks = new ArrayList<>();
    private final Tensor finalNorm;
    private final Tensor head;

    /**
     * A transformer of given weights.
     *
     * @param backend owns the weights
     * @param config its sizes
     * @param parameters a tensor for each of {@link ModelConfig#parameters()}, by name
     * @throws IllegalArgumentException if one is missing, too many, or of another shape
     */
    public Transformer(Backend backend, ModelConfig config, Map<String, Tensor> parameters) {
        this.config = config;
        this.parameters = Collections.unmodifiableMap(inOrder(config, parameters));
        this.rotaryTable = RotaryTable.allocate(backend, config);
        this.embedding = parameters.get("transformer.wte.weight");
        for (int i = 0; i < config.layers(); i++) {
            String block = "transformer.h." + i + ".";
            blocks.add(
                    new Block(
                            parameters.get(block + "norm_1.weight"),
                            parameters.get(block + "attn.attn.weight"),
                            parameters.get(block + "attn.proj.weight"),
                            parameters.get(block + "norm_2.weight"),
                            parameters.get(block + "mlp.swiglu.w1.weight"),
                            parameters.get(block + "mlp.swiglu.w2.weight"),
                            parameters.get(block + "mlp.swiglu.w3.weight")));
        }
        this.finalNorm = parameters.get("transformer.ln_f.weight");
        this.head = parameters.get("lm_head.weight");
    }

    private static Map<String, Tensor> inOrder(ModelConfig config, Map<String, Tensor> parameters) {
        Map<String, Tensor> ordered = new LinkedHashMap<>();
        for (ParameterSpec spec : config.parameters()) {
            Tensor tensor = parameters.get(spec.name());
            if (tensor == null) {
                throw new IllegalArgumentException(
                        "model: parameter " + spec.name() + " " + spec.shape() + " is missing");
            }
            if (!tensor.shape().equals(spec.shape())) {
                throw new IllegalArgumentException(
                        "model: found " + tensor + ", expected " + spec.name() + " " + spec.shape());
            }
            ordered.put(spec.name(), tensor);
        }
        for (String name : parameters.keySet()) {
            if (!ordered.containsKey(name)) {
                throw new IllegalArgumentException(
                        "model: found parameter " + name + ", which this configuration lacks");
            }
        }
        return ordered;
    }

    /**
     * The sizes of this model.
     *
     * @return the configuration
     */
    public ModelConfig config() {
        return config;
    }

    /**
     * All parameters by their published names, in their published order.
     *
     * @return the parameters
     */
    public Map<String, Tensor> parameters() {
        return parameters;
    }

    /**
     * The weight of the language-model head.
     *
     * @return {@code [V, C]}
     */
    public Tensor head() {
        return head;
    }

    /**
     * Records the transformer up to the input of its head.
     *
     * @param ops the operations, with or without a tape
     * @param input the tokens
     * @return F32 {@code [B·T, C]}: hidden states after the last norm
     */
    public Tensor hidden(Ops ops, TokenBatch input) {
        return hidden(ops, input, false);
    }

    /**
     * Records the transformer up to the input of its head.
     *
     * @param ops the operations, with or without a tape
     * @param input the tokens
     * @param checkpointing whether each block is computed again on the way back instead of keeping its activations
     * @return F32 {@code [B·T, C]}: hidden states after the last norm
     */
    public Tensor hidden(Ops ops, TokenBatch input, boolean checkpointing) {
        Tensor x = ops.embed(input.ids(), embedding);
        for (Block block : blocks) {
            x =
                    checkpointing
                            ? ops.checkpoint(x, (inner, y) -> apply(inner, block, y, input))
                            : apply(ops, block, x, input);
        }
        return ops.rmsNorm(x, finalNorm, config.normEpsilon());
    }

    private Tensor apply(Ops ops, Block block, Tensor x, TokenBatch input) {
        Tensor fused = ops.linear(ops.rmsNorm(x, block.norm1, config.normEpsilon()), block.attention);
        ops.rope(fused, config.heads(), input.positions(), rotaryTable);
        Tensor mixed = ops.attention(fused, config.heads(), input.batch(), config.causal(), input.lengths());
        return feedForward(ops, block, ops.addLinear(x, mixed, block.projection));
    }

    private Tensor feedForward(Ops ops, Block block, Tensor x) {
        Tensor normed = ops.rmsNorm(x, block.norm2, config.normEpsilon());
        Tensor activated = ops.swiGlu(ops.linear(normed, block.gate), ops.linear(normed, block.up));
        return ops.addLinear(x, activated, block.down);
    }

    /**
     * Records one piece of causal decoding: the new tokens of each sequence attend to themselves and to what the cache
     * holds, and join it.
     *
     * @param ops the operations, without a tape
     * @param input the new tokens at their positions; its lengths count all tokens of each sequence, the new ones
     *     included
     * @param cache keys and values of the tokens before; takes those of the new ones
     * @return F32 {@code [B·T, C]}: hidden states of the new tokens
     * @throws IllegalStateException if the model is not causal
     */
    public Tensor decode(Ops ops, TokenBatch input, KeyValueCache cache) {
        if (!config.causal()) {
            throw new IllegalStateException(
                    "decoding with a cache needs a causal model; a masked model sees every position in every pass");
        }
        Tensor x = ops.embed(input.ids(), embedding);
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            Tensor fused = ops.linear(ops.rmsNorm(x, block.norm1, config.normEpsilon()), block.attention);
            ops.rope(fused, config.heads(), input.positions(), rotaryTable);
            Tensor kept = cache.layers().get(i);
            ops.recorder().add(new ScatterRows(fused, cache.rows(), RowLimit.ALL, false, kept));
            int rows = fused.shape().rows();
            Tensor mixed = ops.temporary("attention", rows, config.heads().width());
            Tensor logSumExp =
                    ops.temporary("attention log-sum-exp", input.batch(), config.headCount(), input.length());
            ops.recorder()
                    .add(
                            new Attention(
                                    fused,
                                    kept,
                                    config.heads(),
                                    input.batch(),
                                    true,
                                    input.lengths(),
                                    mixed,
                                    logSumExp));
            x = feedForward(ops, block, ops.addLinear(x, mixed, block.projection));
        }
        return ops.rmsNorm(x, finalNorm, config.normEpsilon());
    }

    /**
     * Records the head.
     *
     * @param ops the operations
     * @param hidden F32 {@code [N, C]}
     * @return F32 {@code [N, V]}: logits
     */
    public Tensor logits(Ops ops, Tensor hidden) {
        return ops.linear(hidden, head);
    }

    /**
     * Records the head at some rows only.
     *
     * @param ops the operations
     * @param hidden F32 {@code [N, C]}
     * @param rows I32 {@code [R]}: row numbers
     * @param limit which entries of {@code rows} to take
     * @param size number of rows of the result
     * @return F32 {@code [size, V]}: logits
     */
    public Tensor logitsAt(Ops ops, Tensor hidden, Tensor rows, RowLimit limit, int size) {
        Tensor picked = ops.gatherRows(hidden, rows, limit, size);
        return ops.limitedLinear(picked, head, limit);
    }
}
