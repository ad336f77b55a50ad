package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.program.Backend;

import java.util.Arrays;
import java.util.Optional;

/**
 * The input of a transformer on its device: what a host changes between runs of a program.
 *
 * @param batch number of sequences {@code B}
 * @param length positions of each sequence {@code T}
 * @param ids I32 {@code [B·T]}: token ids, the mask token among them
 * @param positions I32 {@code [B·T]}: the position of each row within its sequence
 * @param seen I32 {@code [B·T, 4]}: the keys that each row sees, as {@link Seen} writes them; empty: all of its
 *     sequence
 */
public record TokenBatch(int batch, int length, Tensor ids, Tensor positions, Optional<Tensor> seen) {
    /**
     * Room for sequences of one length, at positions {@code 0 … T-1}, whose tokens see what the kind of the model lets
     * them see: of a causal one those before, of one of blocks their own and those before, else all.
     *
     * @param backend owns the tensors
     * @param config of the model that it is for
     * @param batch number of sequences
     * @param length positions of each
     * @return the batch, all ids zero
     */
    public static TokenBatch allocate(Backend backend, ModelConfig config, int batch, int length) {
        int block = config.causal() ? 1 : config.network().blockLength();
        if (block == 0) {
            return allocate(backend, batch, length, Optional.empty());
        }
        TokenBatch tokens = allocateSeeing(backend, batch, length);
        tokens.see(Seen.blockCausal(batch, length, block));
        return tokens;
    }

    /**
     * Room for sequences at positions {@code 0 … T-1} whose tokens see what {@link #see} says.
     *
     * @param backend owns the tensors
     * @param batch number of sequences
     * @param length positions of each
     * @return the batch, all ids zero; nobody sees anybody
     */
    public static TokenBatch allocateSeeing(Backend backend, int batch, int length) {
        Shape shape = Shape.of(Math.multiplyExact(batch, length), Attention.RANGES);
        return allocate(backend, batch, length, Optional.of(backend.allocate("seen keys", DType.I32, shape)));
    }

    private static TokenBatch allocate(Backend backend, int batch, int length, Optional<Tensor> seen) {
        if (batch < 1 || length < 1) {
            throw new IllegalArgumentException(
                    "token batch: found "
                            + batch
                            + " sequences of "
                            + length
                            + " positions, expected at least 1 of each");
        }
        int rows = Math.multiplyExact(batch, length);
        Tensor ids = backend.allocate("token ids", DType.I32, Shape.of(rows));
        Tensor positions = backend.allocate("positions", DType.I32, Shape.of(rows));
        int[] values = new int[rows];
        Arrays.setAll(values, i -> i % length);
        positions.set(values);
        return new TokenBatch(batch, length, ids, positions, seen);
    }

    /**
     * Says who sees whom from now on.
     *
     * @param who of as many sequences and positions
     * @throws IllegalStateException if in this batch all see all
     */
    public void see(Seen who) {
        who.upload(
                seen.orElseThrow(() ->
                        new IllegalStateException(
                                "in this batch all tokens of a sequence see each other; use allocateSeeing")));
    }
}
