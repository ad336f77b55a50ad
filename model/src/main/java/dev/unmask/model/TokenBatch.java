package dev.unmask.model;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import java.util.Arrays;
import java.util.Optional;

/**
 * The input of a transformer on its device: what a host changes between runs of a program.
 *
 * @param batch number of sequences {@code B}
 * @param length positions of each sequence {@code T}
 * @param ids I32 {@code [B·T]}: token ids, the mask token among them
 * @param positions I32 {@code [B·T]}: the position of each row within its sequence
 * @param lengths I32 {@code [B]}: how many leading positions of each sequence are real; empty: all
 */
public record TokenBatch(int batch, int length, Tensor ids, Tensor positions, Optional<Tensor> lengths) {
    /**
     * Room for sequences of one length, at positions {@code 0 … T-1}.
     *
     * @param backend owns the tensors
     * @param batch number of sequences
     * @param length positions of each
     * @return the batch, all ids zero
     */
    public static TokenBatch allocate(Backend backend, int batch, int length) {
        return allocate(backend, batch, length, false);
    }

    /**
     * Room for sequences of different lengths, each padded on the right to {@code T}.
     *
     * @param backend owns the tensors
     * @param batch number of sequences
     * @param length positions of each, padding included
     * @return the batch, all ids and lengths zero
     */
    public static TokenBatch allocatePadded(Backend backend, int batch, int length) {
        return allocate(backend, batch, length, true);
    }

    private static TokenBatch allocate(Backend backend, int batch, int length, boolean padded) {
        Tensor ids = backend.allocate("token ids", DType.I32, Shape.of(batch * length));
        Tensor positions = backend.allocate("positions", DType.I32, Shape.of(batch * length));
        int[] values = new int[batch * length];
        Arrays.setAll(values, i -> i % length);
        positions.set(values);
        Optional<Tensor> lengths =
                padded ? Optional.of(backend.allocate("lengths", DType.I32, Shape.of(batch))) : Optional.empty();
        return new TokenBatch(batch, length, ids, positions, lengths);
    }
}
