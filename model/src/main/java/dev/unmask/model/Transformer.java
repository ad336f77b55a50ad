package dev.unmask.model;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Ops;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.ScatterHeads;

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
     * @throws InputException if one is missing, too many, or of another shape
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
                throw new InputException("model: parameter " + spec.name() + " " + spec.shape() + " is missing");
            }
            if (!tensor.shape().equals(spec.shape())) {
                throw new InputException("model: found " + tensor + ", expected " + spec.name() + " " + spec.shape());
            }
            ordered.put(spec.name(), tensor);
        }
        for (String name : parameters.keySet()) {
            if (!ordered.containsKey(name)) {
                throw new InputException("model: found parameter " + name + ", which this configuration lacks");
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
     * The transformer up to the last attention. From there on no position looks at another, so that what follows need
     * only be computed for positions whose logits are asked for.
     *
     * @param residual F32 {@code [B·T, C]}: what goes into the last block
     * @param mixed F32 {@code [B·T, C]}: what its attention yields
     */
    public record Trunk(Tensor residual, Tensor mixed) {}

    /**
     * Records the transformer up to the last attention.
     *
     * @param ops the operations, with or without a tape
     * @param input the tokens
     * @return what the rest is computed from
     */
    public Trunk trunk(Ops ops, TokenBatch input) {
        return trunk(ops, input, false);
    }

    /**
     * Records the transformer up to the last attention.
     *
     * @param ops the operations, with or without a tape
     * @param input the tokens
     * @param checkpointing whether each block is computed again on the way back instead of keeping its activations
     * @return what the rest is computed from
     * @throws IllegalArgumentException if the model is causal and the batch does not say who sees whom
     */
    public Trunk trunk(Ops ops, TokenBatch input, boolean checkpointing) {
        if (config.causal() && input.seen().isEmpty()) {
            throw new IllegalArgumentException(
                    "causal model: found a batch whose tokens see those after them, expected one that says who sees"
                            + " whom; use TokenBatch.allocate with the model's configuration");
        }
        Tensor x = ops.embed(input.ids(), embedding);
        for (Block block : blocks.subList(0, blocks.size() - 1)) {
            x =
                    checkpointing
                            ? ops.checkpoint(x, (inner, y) -> whole(inner, block, y, input))
                            : whole(ops, block, x, input);
        }
        Block last = blocks.getLast();
        Tensor mixed =
                checkpointing
                        ? ops.checkpoint(x, (inner, y) -> attention(inner, last, y, input))
                        : attention(ops, last, x, input);
        return new Trunk(x, mixed);
    }

    private Tensor whole(Ops ops, Block block, Tensor x, TokenBatch input) {
        return feedForward(ops, block, x, attention(ops, block, x, input));
    }

    private Tensor attention(Ops ops, Block block, Tensor x, TokenBatch input) {
        Tensor fused = fused(ops, block, x, input);
        Heads heads = config.heads();
        return ops.attention(
                heads.queriesOf(fused), heads.keysOf(fused), heads.valuesOf(fused), input.batch(), input.seen());
    }

    private Tensor fused(Ops ops, Block block, Tensor x, TokenBatch input) {
        Tensor fused = ops.linear(ops.rmsNorm(x, block.norm1, config.normEpsilon()), block.attention);
        ops.rope(config.heads().queriesAndKeysOf(fused), input.positions(), rotaryTable);
        return fused;
    }

    private Tensor feedForward(Ops ops, Block block, Tensor residual, Tensor mixed) {
        Tensor x = ops.addLinear(residual, mixed, block.projection);
        Tensor normed = ops.rmsNorm(x, block.norm2, config.normEpsilon());
        Tensor activated = ops.swiGlu(ops.linear(normed, block.gate), ops.linear(normed, block.up));
        return ops.addLinear(x, activated, block.down);
    }

    /**
     * Records one piece of decoding with a cache, up to the last attention: keys and values of the new tokens of each
     * sequence join the cache, and the new tokens see what the batch says of it.
     *
     * @param ops the operations, without a tape
     * @param input the new tokens at their positions; the keys that they see are numbered as the positions of the cache
     * @param cache keys and values of the tokens before; takes those of the new ones
     * @return what the rest is computed from, of the new tokens
     * @throws IllegalArgumentException if the batch does not say which keys are seen: the rest of the cache holds none
     */
    public Trunk decode(Ops ops, TokenBatch input, KeyValueCache cache) {
        if (input.seen().isEmpty()) {
            throw new IllegalArgumentException(
                    "decoding with a cache: found a batch that sees all keys, expected one that says which; use"
                            + " TokenBatch.allocateSeeing");
        }
        Tensor x = ops.embed(input.ids(), embedding);
        int last = blocks.size() - 1;
        for (int i = 0; i < last; i++) {
            x = feedForward(ops, blocks.get(i), x, attention(ops, i, x, input, cache));
        }
        return new Trunk(x, attention(ops, last, x, input, cache));
    }

    private Tensor attention(Ops ops, int layer, Tensor x, TokenBatch input, KeyValueCache cache) {
        Tensor fused = fused(ops, blocks.get(layer), x, input);
        Heads heads = config.heads();
        HeadRows keys = cache.keys(layer);
        HeadRows values = cache.values(layer);
        ops.recorder().add(new ScatterHeads(heads.keysOf(fused), cache.rows(), keys));
        ops.recorder().add(new ScatterHeads(heads.valuesOf(fused), cache.rows(), values));
        return ops.attention(heads.queriesOf(fused), keys, values, input.batch(), input.seen());
    }

    /**
     * Records the transformer up to the input of its head, for every position.
     *
     * @param ops the operations, with or without a tape
     * @param input the tokens
     * @return F32 {@code [B·T, C]}: hidden states after the last norm
     */
    public Tensor hidden(Ops ops, TokenBatch input) {
        Trunk trunk = trunk(ops, input);
        return hidden(ops, trunk.residual, trunk.mixed);
    }

    /**
     * Records what follows the last attention, up to the input of the head, at some rows only.
     *
     * @param ops the operations, with or without a tape
     * @param trunk what came before
     * @param rows I32 {@code [R]}: row numbers, the live ones all different
     * @param live which entries of {@code rows} to take
     * @param size number of rows of the result
     * @return F32 {@code [size, C]}: hidden states after the last norm; rows that are not live hold anything
     */
    public Tensor hiddenAt(Ops ops, Trunk trunk, Tensor rows, RowLimit live, int size) {
        Tensor residual = ops.gatherRows(trunk.residual, rows, live, size);
        Tensor mixed = ops.gatherRows(trunk.mixed, rows, live, size);
        return hidden(ops.limitedTo(live), residual, mixed);
    }

    private Tensor hidden(Ops ops, Tensor residual, Tensor mixed) {
        return ops.rmsNorm(feedForward(ops, blocks.getLast(), residual, mixed), finalNorm, config.normEpsilon());
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
     * Records what follows the last attention, the head included, at some rows only.
     *
     * @param ops the operations
     * @param trunk what came before
     * @param rows I32 {@code [R]}: row numbers, the live ones all different
     * @param live which entries of {@code rows} to take
     * @param size number of rows of the result
     * @return F32 {@code [size, V]}: logits; rows that are not live hold anything
     */
    public Tensor logitsAt(Ops ops, Trunk trunk, Tensor rows, RowLimit live, int size) {
        return logits(ops.limitedTo(live), hiddenAt(ops, trunk, rows, live, size));
    }
}
