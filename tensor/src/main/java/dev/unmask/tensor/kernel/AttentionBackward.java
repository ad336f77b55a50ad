package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * Gradient of {@link Attention}.
 *
 * <p>With {@code P} the attention weights (recomputed from the log-sum-exp), {@code dP = dO·Vᵀ} and {@code D =
 * rowsum(dO ∘ O)}: {@code dV = Pᵀ·dO}, {@code dS = P ∘ (dP - D)}, {@code dQ = dS·K/sqrt(size)}, {@code dK =
 * dSᵀ·Q/sqrt(size)}; a group's key and value gradients are sums over its query heads.
 *
 * <p>In {@link Precision#BF16} the factors of all five products are rounded to the nearest bfloat16, ties to even:
 * {@code q}, {@code k}, {@code v} and {@code dO} as they are, {@code P} where {@code dO} is multiplied by it, and
 * {@code dS}, scaled or not. {@code P} and {@code dS} are changed by at most {@code 2^-8} of themselves; a backend may
 * leave these two in float32. {@code dS} is made of {@code P} and {@code dP} that are not rounded. {@code D}, the
 * log-sum-exp and all sums are float32 in either precision. A factor below the normal numbers of float32 may count as
 * zero.
 *
 * @param queries as in the forward kernel, and so are keys, values, batch and seen
 * @param keys {@code G} heads
 * @param values {@code G} heads
 * @param batch number of sequences {@code B}
 * @param seen I32 {@code [B·Tq, 4]}, or empty
 * @param out F32 {@code [B·Tq, H·size]}: the forward kernel's result
 * @param logSumExp F32 {@code [B, H, Tq]}, from the forward kernel
 * @param outGradient F32 {@code [B·Tq, H·size]}
 * @param delta F32 {@code [B, H, Tq]}: room for {@code D}
 * @param queryGradient where the gradient of queries goes: every element of these heads is written, and nothing else of
 *     the tensor, which may hold the other gradients too
 * @param keyGradient where the gradient of keys goes
 * @param valueGradient where the gradient of values goes
 * @param precision as in the forward kernel
 */
public record AttentionBackward(
        HeadRows queries,
        HeadRows keys,
        HeadRows values,
        int batch,
        Optional<Tensor> seen,
        Tensor out,
        Tensor logSumExp,
        Tensor outGradient,
        Tensor delta,
        HeadRows queryGradient,
        HeadRows keyGradient,
        HeadRows valueGradient,
        Precision precision)
        implements Kernel {
    /** Checks the operands. */
    public AttentionBackward {
        Attention.requireHeads("attentionBackward", queries, keys, values, batch, seen);
        Check.that("attentionBackward")
                .dtype(DType.F32, out, logSumExp, outGradient, delta)
                .matrix(out, queries.rows(), queries.count() * queries.size())
                .sameShape(out, outGradient)
                .elements(logSumExp, (long) queries.rows() * queries.count())
                .sameShape(logSumExp, delta)
                .is(
                        !queryGradient.overlaps(keyGradient)
                                && !queryGradient.overlaps(valueGradient)
                                && !keyGradient.overlaps(valueGradient),
                        "gradients of queries, keys and values share columns of %s",
                        keyGradient.tensor());
        requireAlike(queries, queryGradient);
        requireAlike(keys, keyGradient);
        requireAlike(values, valueGradient);
    }

    private static void requireAlike(HeadRows heads, HeadRows gradient) {
        Check.that("attentionBackward")
                .is(
                        heads.rows() == gradient.rows()
                                && heads.count() == gradient.count()
                                && heads.size() == gradient.size(),
                        "%d heads of %d elements in %s have no room for the gradient of %d heads of %d in %s",
                        gradient.count(),
                        gradient.size(),
                        gradient.tensor(),
                        heads.count(),
                        heads.size(),
                        heads.tensor());
    }

    /**
     * Query heads.
     *
     * @return {@code H}
     */
    public int heads() {
        return queries.count();
    }

    /**
     * Key and value heads.
     *
     * @return {@code G}
     */
    public int groups() {
        return keys.count();
    }

    /**
     * Elements of a head.
     *
     * @return {@code size}
     */
    public int size() {
        return queries.size();
    }

    /**
     * Queries of one sequence.
     *
     * @return {@code Tq}
     */
    public int queryLength() {
        return queries.rows() / batch;
    }

    /**
     * Keys of one sequence.
     *
     * @return {@code Tk}
     */
    public int keyLength() {
        return keys.rows() / batch;
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(queries.tensor(), keys.tensor(), values.tensor(), out, logSumExp, outGradient)
                .and(seen)
                .list();
    }

    @Override
    public List<Tensor> outputs() {
        return Operands.of(delta, queryGradient.tensor(), keyGradient.tensor(), valueGradient.tensor()).list();
    }

    @Override
    public List<Indices> indices() {
        return Attention.indicesOf(keys, batch, seen);
    }
}
