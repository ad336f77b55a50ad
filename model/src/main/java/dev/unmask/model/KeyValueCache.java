package dev.unmask.model;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import java.util.ArrayList;
import java.util.List;

/**
 * Rotated keys and values of the tokens that a causal model has seen, so that each new token costs one row.
 *
 * @param layers of each block F32 {@code [B·room, (H + 2G)·size]}: fused rows, of which only keys and values are read
 * @param rows I32 {@code [B·T]}: the row of the cache that each new token takes; {@code sequence · room + position}
 * @param room positions of each sequence
 */
public record KeyValueCache(List<Tensor> layers, Tensor rows, int room) {
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
        List<Tensor> layers = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            layers.add(
                    backend.allocate(
                            "cache of block " + i, DType.F32, Shape.of(batch * room, config.heads().fusedWidth())));
        }
        return new KeyValueCache(layers, backend.allocate("cache rows", DType.I32, Shape.of(batch * step)), room);
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
        return new KeyValueCache(layers, backend.allocate("cache rows", DType.I32, Shape.of(batch * step)), room);
    }
}
