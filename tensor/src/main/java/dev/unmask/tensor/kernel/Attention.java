package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * Scaled dot-product attention, {@code softmax(q·kᵀ/sqrt(size))·v} for each head, over fused rows.
 *
 * <p>Queries are taken from {@code queries}, keys and values from {@code keysValues}; in training both are the same
 * tensor, in decoding with a cache {@code keysValues} is the longer cache. Sequence {@code b} has {@code lengths[b]}
 * keys, further ones are never looked at. If causal, its query {@code i} of {@code Tq} stands at position {@code
 * lengths[b] - Tq + i} and sees keys up to there. A query without a key yields zero and a log-sum-exp of negative
 * infinity.
 *
 * <p>In {@link Precision#BF16} the factors of both products are rounded to the nearest bfloat16, ties to even: {@code
 * q}, {@code k} and {@code v} as they are, not yet scaled, and the weights that {@code v} is multiplied by. A weight is
 * rounded as {@code e^(score - m)}, before it is divided by the sum, and {@code m} is the backend's choice; whatever it
 * is, the weight is changed by at most {@code 2^-8} of itself. A backend may leave the weights, and only them, in
 * float32. Scores, the softmax and its sums, of weights that are not rounded, and the sums of both products are float32
 * in either precision. A factor below the normal numbers of float32 may count as zero.
 *
 * @param queries F32 {@code [B·Tq, (H + 2G)·size]}
 * @param keysValues F32 {@code [B·Tk, (H + 2G)·size]}
 * @param heads the layout of a fused row
 * @param batch number of sequences {@code B}
 * @param causal whether a query sees only keys up to its own position
 * @param lengths I32 {@code [B]}: number of keys of each sequence, from 0 to {@code Tk}; empty: {@code Tk}
 * @param out F32 {@code [B·Tq, H·size]}
 * @param logSumExp F32 {@code [B, H, Tq]}: log of the sum of exponentials of scaled scores, kept for the gradient
 * @param precision what the factors of both products are rounded to
 */
public record Attention(
        Tensor queries,
        Tensor keysValues,
        Heads heads,
        int batch,
        boolean causal,
        Optional<Tensor> lengths,
        Tensor out,
        Tensor logSumExp,
        Precision precision)
        implements Kernel {
    /** Checks the operands. */
    public Attention {
        int rows = queries.shape().rows();
        Check check =
                Check.that("attention")
                        .dtype(DType.F32, queries, keysValues, out, logSumExp)
                        .is(batch > 0 && rows % batch == 0, "%s is not made of %d sequences", queries, batch)
                        .is(keysValues.shape().rows() % batch == 0, "%s is not made of %d sequences", keysValues, batch)
                        .is(queries.shape().columns() == heads.fusedWidth(), "%s does not fit %s", queries, heads)
                        .is(keysValues.shape().columns() == heads.fusedWidth(), "%s does not fit %s", keysValues, heads)
                        .matrix(out, rows, heads.width())
                        .elements(logSumExp, (long) rows * heads.count());
        lengths.ifPresent(l -> check.dtype(DType.I32, l).elements(l, batch));
    }

    /**
     * Queries of one sequence.
     *
     * @return {@code Tq}
     */
    public int queryLength() {
        return queries.shape().rows() / batch;
    }

    /**
     * Room for keys of one sequence.
     *
     * @return {@code Tk}
     */
    public int keyLength() {
        return keysValues.shape().rows() / batch;
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(queries, keysValues).and(lengths).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out, logSumExp);
    }

    @Override
    public List<Indices> indices() {
        return lengths.map(l -> Indices.all(l, keyLength() + 1L, "numbers of keys in " + keysValues)).stream().toList();
    }
}
