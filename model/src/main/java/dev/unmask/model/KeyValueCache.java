package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;

import java.util.ArrayList;
import java.util.List;

/**
 * Rotated keys and values of tokens that a model has seen, so that each new token costs one row.
 *
 * @param layers of each block F32 {@code [B·room, 2G·size]}: of each row all keys, then all values
 * @param rows I32 {@code [B·T]}: the row of the cache that each new token takes; {@code sequence · room + position}
 * @param groups number of key and value heads {@code G}
 * @param room positions of each sequence
 */
public record KeyValueCache(List<Tensor> layers, Tensor rows, int groups, int room) {
    /**
     * An empty cache.
     *
     * @param backend owns the tensors
     * @param config the model's sizes
     * @param batch number of sequences {@code B}
     * @param room positions of each sequence
     * @param step new tokens of each sequence in one run, {@code T}
     * @return the cache
     */
    public static KeyValueCache allocate(Backend backend, ModelConfig config, int batch, int room, int step) {
        Shape shape = Shape.of(Math.multiplyExact(batch, room), 2 * config.queryGroups() * config.heads().size());
        List<Tensor> layers = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            layers.add(backend.allocate("cache of block " + i, DType.F32, shape));
        }
        Tensor rows = backend.allocate("cache rows", DType.I32, Shape.of(Math.multiplyExact(batch, step)));
        return new KeyValueCache(layers, rows, config.queryGroups(), room);
    }

    /**
     * The same cache for another number of new tokens a run: a prompt first, then token by token.
     *
     * @param backend owns the tensors
     * @param batch number of sequences
     * @param step new tokens of each sequence in one run
     * @return a cache that shares the layers
     */
    public KeyValueCache forStep(Backend backend, int batch, int step) {
        Tensor stepRows = backend.allocate("cache rows", DType.I32, Shape.of(Math.multiplyExact(batch, step)));
        return new KeyValueCache(layers, stepRows, groups, room);
    }

    /**
     * The keys of a block.
     *
     * @param layer number of the block
     * @return {@code G} heads of {@code B·room} rows
     */
    public HeadRows keys(int layer) {
        Tensor kept = layers.get(layer);
        return HeadRows.of(kept, 0, groups, size(kept));
    }

    /**
     * The values of a block.
     *
     * @param layer number of the block
     * @return {@code G} heads of {@code B·room} rows
     */
    public HeadRows values(int layer) {
        Tensor kept = layers.get(layer);
        return HeadRows.of(kept, groups * size(kept), groups, size(kept));
    }

    private int size(Tensor kept) {
        return kept.shape().columns() / (2 * groups);
    }
}
