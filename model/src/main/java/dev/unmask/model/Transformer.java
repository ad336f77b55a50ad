package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.program.Backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The transformer of METHOD §1, pre-norm blocks of attention and a gated MLP, rotary positions, a head that is not tied
 * to the embedding; or what a {@link Network} makes of it. Bidirectional it denoises masked text, causal it is the
 * autoregressive baseline; nothing else differs but the mask token's embedding row.
 */
public final class Transformer {
    private final Backend backend;
    private final ModelConfig config;
    private final Map<String, Tensor> parameters;
    private final Map<String, Linear.Adapter> adapters;
    private final Optional<AdapterSet> set;
    private final Tensor embedding;
    private final List<Block> blocks = new ArrayList<>();
    private final Optional<Norm> embeddingNorm;
    private final Optional<Norm> finalNorm;
    private final Optional<Linear> transform;
    private final Optional<Norm> transformNorm;
    private final Linear head;

    /**
     * A transformer of given weights.
     *
     * @param backend owns the weights
     * @param config its sizes
     * @param parameters a tensor for each of {@link ModelConfig#parameters()}, by name; with each weight in I8 the
     *     scales of its rows, see {@link Int8Weights}
     * @throws InputException if one is missing, too many, or of another shape
     */
    public Transformer(Backend backend, ModelConfig config, Map<String, Tensor> parameters) {
        this(backend, config, parameters, Map.of(), Optional.empty());
    }

    private Transformer(
            Backend backend,
            ModelConfig config,
            Map<String, Tensor> parameters,
            Map<String, Linear.Adapter> adapters,
            Optional<AdapterSet> set) {
        this.set = set;
        this.backend = backend;
        this.config = config;
        this.adapters = Collections.unmodifiableMap(new LinkedHashMap<>(adapters));
        this.parameters = Collections.unmodifiableMap(Parameters.inOrder(config, parameters));
        Network network = config.network();
        Optional<Tensor> rotary =
                network.positions().rotary() ? Optional.of(RotaryTable.allocate(backend, config)) : Optional.empty();
        Block.Maker maker = new Block.Maker(config, this.parameters, this.adapters, rotary);
        boolean post = network.norms() == Network.Norms.POST_LAYER;
        this.embedding = parameters.get(Parameters.EMBEDDING);
        this.embeddingNorm = post ? Optional.of(maker.norm(Parameters.EMBEDDING_NORM)) : Optional.empty();
        for (int i = 0; i < config.layers(); i++) {
            blocks.add(maker.block(i));
        }
        this.finalNorm = post ? Optional.empty() : Optional.of(maker.norm(Parameters.FINAL_NORM));
        boolean transformed = network.head().transform();
        this.transform = transformed ? Optional.of(maker.linear(Parameters.TRANSFORM)) : Optional.empty();
        this.transformNorm = transformed ? Optional.of(maker.norm(Parameters.TRANSFORM_NORM)) : Optional.empty();
        Linear own = maker.linear(Parameters.HEAD);
        this.head =
                network.head().tied()
                        ? new Linear(embedding, Optional.empty(), own.bias(), own.adapter(), own.number())
                        : own;
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
     * This model with low-rank adapters, which share its weights: these are frozen then, and {@link #trained} are the
     * adapters alone.
     *
     * @param added by the names of the weights that they add to; see {@link Adapters}
     * @return the model
     * @throws InputException if there is no such weight, or an adapter does not fit it
     */
    public Transformer withAdapters(Map<String, Linear.Adapter> added) {
        return withAdapters(added, Optional.empty());
    }

    /**
     * This model with low-rank adapters, which it is saved as: its weights are frozen then, and {@link #trained} are
     * the adapters alone.
     *
     * @param added the adapters
     * @return the model
     * @throws InputException if there is no such weight, or an adapter does not fit it
     */
    public Transformer withAdapters(AdapterSet added) {
        return withAdapters(added.adapters(), Optional.of(added));
    }

    private Transformer withAdapters(Map<String, Linear.Adapter> added, Optional<AdapterSet> of) {
        added.forEach((name, adapter) -> Adapters.requireFit(name, adapter, Optional.ofNullable(parameters.get(name))));
        return new Transformer(backend, config, parameters, added, of);
    }

    /**
     * The adapters, with what is kept with them.
     *
     * @return empty if there are none, or only their tensors are known
     */
    public Optional<AdapterSet> adapters() {
        return set;
    }

    /**
     * What training changes: the adapters if there are any, else every parameter.
     *
     * @return tensors by name
     */
    public Map<String, Tensor> trained() {
        if (adapters.isEmpty()) {
            return parameters;
        }
        Map<String, Tensor> trained = new LinkedHashMap<>();
        adapters.forEach((name, adapter) -> {
            trained.put(Adapters.nameOfDown(name), adapter.down());
            trained.put(Adapters.nameOfUp(name), adapter.up());
        });
        return trained;
    }

    /**
     * This model with other tensors in the place of those that training changes; it shares the rest.
     *
     * @param others a tensor for each of {@link #trained}, by the same names
     * @return the model
     * @throws InputException if one is missing, too many, or of another shape
     */
    public Transformer withTrained(Map<String, Tensor> others) {
        if (adapters.isEmpty()) {
            return new Transformer(backend, config, others);
        }
        Map<String, Linear.Adapter> replaced = new LinkedHashMap<>();
        adapters.forEach((name, adapter) ->
                replaced.put(
                        name,
                        new Linear.Adapter(
                                others.get(Adapters.nameOfDown(name)),
                                others.get(Adapters.nameOfUp(name)),
                                adapter.scale())));
        return set.isPresent()
                ? withAdapters(new AdapterSet(set.get().config(), replaced, set.get().modules()))
                : withAdapters(replaced);
    }

    /**
     * The weight of the language-model head; the embedding, if it is tied to it.
     *
     * @return {@code [V, C]}
     */
    public Tensor head() {
        return head.weight();
    }

    /**
     * What is added to logits.
     *
     * @return F32 {@code [V]}, if the head has a bias
     */
    public Optional<Tensor> headBias() {
        return head.bias();
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
     * @throws IllegalArgumentException if the model is causal or of blocks and the batch does not say who sees whom
     */
    public Trunk trunk(Ops ops, TokenBatch input, boolean checkpointing) {
        if ((config.causal() || config.network().blockLength() > 0) && input.seen().isEmpty()) {
            throw new IllegalArgumentException(
                    (config.causal() ? "causal model" : "model of blocks")
                            + ": found a batch whose tokens see those after them, expected one that says who sees"
                            + " whom; use TokenBatch.allocate with the model's configuration");
        }
        Tensor x = embedded(ops, input);
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
        return read(ops, input, x, mixed);
    }

    /** What goes into the first block. */
    private Tensor embedded(Ops ops, TokenBatch input) {
        Tensor x = ops.embed(input.ids(), embedding);
        if (config.network().tokenTypes() > 0) {
            // Every token is of the first type; memory of a device starts as zeros.
            Tensor types = backend.allocate("token types", DType.I32, input.ids().shape());
            x = ops.add(x, ops.embed(types, parameters.get(Parameters.TOKEN_TYPES)));
        }
        if (config.network().positions() == Network.Positions.LEARNED) {
            x = ops.add(x, ops.embed(input.positions(), parameters.get(Parameters.POSITIONS)));
        }
        return embeddingNorm.isPresent() ? embeddingNorm.get().of(ops, x) : x;
    }

    /** Where logits are shifted, a row is read from the one before it in its sequence; the first from itself. */
    private Trunk read(Ops ops, TokenBatch input, Tensor residual, Tensor mixed) {
        if (!config.network().shiftedLogits()) {
            return new Trunk(residual, mixed);
        }
        int[] before = new int[input.batch() * input.length()];
        Arrays.setAll(before, row -> row % input.length() == 0 ? row : row - 1);
        Tensor rows = backend.allocate("rows before", DType.I32, Shape.of(before.length));
        rows.set(before);
        return new Trunk(ops.embed(rows, residual), ops.embed(rows, mixed));
    }

    private Tensor whole(Ops ops, Block block, Tensor x, TokenBatch input) {
        return block.finish(ops, x, attention(ops, block, x, input));
    }

    private Tensor attention(Ops ops, Block block, Tensor x, TokenBatch input) {
        Projections.Made made = block.project(ops, x, input);
        return ops.attention(made.queries(), made.keys(), made.values(), input.batch(), input.seen());
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
        Tensor x = embedded(ops, input);
        int last = blocks.size() - 1;
        for (int i = 0; i < last; i++) {
            x = blocks.get(i).finish(ops, x, attention(ops, i, x, input, cache));
        }
        return read(ops, input, x, attention(ops, last, x, input, cache));
    }

    private Tensor attention(Ops ops, int layer, Tensor x, TokenBatch input, KeyValueCache cache) {
        Projections.Made made = blocks.get(layer).project(ops, x, input);
        HeadRows keys = cache.keys(layer);
        HeadRows values = cache.values(layer);
        ops.recorder().add(new ScatterHeads(made.keys(), cache.rows(), keys));
        ops.recorder().add(new ScatterHeads(made.values(), cache.rows(), values));
        return ops.attention(made.queries(), keys, values, input.batch(), input.seen());
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
        return hidden(ops.limitedTo(rows, live), residual, mixed);
    }

    private Tensor hidden(Ops ops, Tensor residual, Tensor mixed) {
        Tensor x = blocks.getLast().finish(ops, residual, mixed);
        if (finalNorm.isPresent()) {
            x = finalNorm.get().of(ops, x);
        }
        if (transform.isPresent()) {
            x = transformNorm.orElseThrow().of(ops, ops.gelu(transform.get().of(ops, x)));
        }
        return x;
    }

    /**
     * Records the head.
     *
     * @param ops the operations
     * @param hidden F32 {@code [N, C]}
     * @return F32 {@code [N, V]}: logits
     */
    public Tensor logits(Ops ops, Tensor hidden) {
        return head.of(ops, hidden);
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
