package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Proposes a token for each live row and says how sure the model is of it, so that logits never leave the device
 * (METHOD §4).
 *
 * <p>The token is {@code argmax_v(logit_v - T·ln(-ln U_v))}, the lowest {@code v} among equals, with {@code U_v =
 * Philox.uniform53(seed, GUMBEL, step, key·V + v)} in float64; with {@code T = 0} it is the plain argmax. The scores
 * are of the distribution {@code p = softmax(logits)} without noise or temperature, computed in float64. Row {@code r}
 * stands for entry {@code first + r} of the operands of extent {@code R}.
 *
 * @param logits F32 {@code [r, V]}
 * @param limit which entries the logits stand for
 * @param temperature F32 {@code [1]}: {@code T}, at least 0
 * @param seed I32 {@code [4]}: low and high word of the seed, low and high word of the step
 * @param keys I32 {@code [R]}: what tells the random numbers of one entry from those of another
 * @param tokens I32 {@code [R]}: the proposal
 * @param logConfidence F32 {@code [R]}: {@code ln p[token]}
 * @param margin F32 {@code [R]}: the largest {@code p} less the second largest
 * @param entropy F32 {@code [R]}: {@code -Σ p ln p}, nats
 */
public record Choose(
        Tensor logits,
        RowLimit limit,
        Tensor temperature,
        Tensor seed,
        Tensor keys,
        Tensor tokens,
        Tensor logConfidence,
        Tensor margin,
        Tensor entropy)
        implements Kernel {
    /** Checks the operands. */
    public Choose {
        Check.that("choose")
                .dtype(DType.F32, logits, temperature, logConfidence, margin, entropy)
                .dtype(DType.I32, seed, keys, tokens)
                .elements(temperature, 1)
                .elements(seed, 4)
                .sameShape(keys, tokens, logConfidence, margin, entropy)
                .is(
                        limit.first() + (long) logits.shape().rows() <= keys.shape().elements(),
                        "%s does not have %d entries from %d on",
                        keys,
                        logits.shape().rows(),
                        limit.first());
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(logits, temperature, seed, keys).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(tokens, logConfidence, margin, entropy);
    }
}
