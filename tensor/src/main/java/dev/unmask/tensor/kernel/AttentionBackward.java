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
 * Gradient of {@link Attention} where queries, keys and values came from the same fused rows.
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
 * @param fused F32 {@code [B·T, (H + 2G)·size]}: the rows the forward kernel saw
 * @param heads the layout of a fused row
 * @param batch number of sequences {@code B}
 * @param causal as in the forward kernel
 * @param lengths as in the forward kernel
 * @param out F32 {@code [B·T, H·size]}: the forward kernel's result
 * @param logSumExp F32 {@code [B, H, T]}, from the forward kernel
 * @param outGradient F32 {@code [B·T, H·size]}
 * @param delta F32 {@code [B, H, T]}: room for {@code D}
 * @param fusedGradient F32 {@code [B·T, (H + 2G)·size]}, every element written
 * @param precision as in the forward kernel
 */
public record AttentionBackward(
        Tensor fused,
        Heads heads,
        int batch,
        boolean causal,
        Optional<Tensor> lengths,
        Tensor out,
        Tensor logSumExp,
        Tensor outGradient,
        Tensor delta,
        Tensor fusedGradient,
        Precision precision)
        implements Kernel {
    /** Checks the operands. */
    public AttentionBackward {
        int rows = fused.shape().rows();
        Check check =
                Check.that("attentionBackward")
                        .dtype(DType.F32, fused, out, logSumExp, outGradient, delta, fusedGradient)
                        .is(batch > 0 && rows % batch == 0, "%s is not made of %d sequences", fused, batch)
                        .is(fused.shape().columns() == heads.fusedWidth(), "%s does not fit %s", fused, heads)
                        .matrix(out, rows, heads.width())
                        .sameShape(out, outGradient)
                        .sameShape(fused, fusedGradient)
                        .elements(logSumExp, (long) rows * heads.count())
                        .sameShape(logSumExp, delta);
        lengths.ifPresent(l -> check.dtype(DType.I32, l).elements(l, batch));
    }

    /**
     * Positions of one sequence.
     *
     * @return {@code T}
     */
    public int length() {
        return fused.shape().rows() / batch;
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(fused, out, logSumExp, outGradient).and(lengths).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(delta, fusedGradient);
    }

    @Override
    public List<Indices> indices() {
        return lengths.map(l -> Indices.all(l, length() + 1L, "numbers of keys in " + fused)).stream().toList();
    }
}
