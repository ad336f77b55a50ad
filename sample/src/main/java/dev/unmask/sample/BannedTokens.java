package dev.unmask.sample;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Recorder;

import java.util.Optional;
import java.util.Set;

/**
 * Tokens that a pass never chooses: their logits become so low that they have no probability, and the others share it
 * (METHOD §8.3). No kernel of its own: one row is added to every row of logits as a product of extent 1.
 */
final class BannedTokens {
    /** Added to a logit. Infinity would serve the CPU, but some devices take {@code 0 · ∞}, which is not a number. */
    private static final float NEVER = -1e30f;

    private final int vocabulary;
    private final Tensor row;
    private Set<Integer> current = Set.of();

    BannedTokens(Backend backend, int vocabulary) {
        this.vocabulary = vocabulary;
        this.row = backend.allocate("banned tokens", DType.F32, Shape.of(1, vocabulary));
    }

    /** Refuses tokens that the model does not have, and a ban of all. */
    static void require(Set<Integer> tokens, int vocabulary) {
        for (int token : tokens) {
            Expect.that(
                    token < vocabulary,
                    "banned tokens: found token id %d, expected 0 to %d, those that the model can choose",
                    token,
                    vocabulary - 1);
        }
        Expect.that(
                tokens.size() < vocabulary,
                "banned tokens: found all %d of the model, expected at least one that may be chosen",
                vocabulary);
    }

    /** Records what lowers the logits of the banned tokens in place. */
    void record(Recorder recorder, Tensor logits, RowLimit limit) {
        Tensor ones = recorder.temporary("ones", DType.F32, Shape.of(logits.shape().rows(), 1));
        recorder.add(new Fill(ones, 1));
        recorder.add(new Gemm(ones, false, row, false, Optional.of(logits), logits, limit, Precision.F32));
    }

    /** From now on these are banned. */
    void set(Set<Integer> tokens) {
        if (!tokens.equals(current)) {
            float[] values = new float[vocabulary];
            tokens.forEach(token -> values[token] = NEVER);
            row.set(values);
            current = tokens;
        }
    }
}
