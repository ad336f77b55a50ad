package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * Matrix product: {@code C[M, N] = op(A)[M, K] · op(B)[K, N] + D[M, N]}.
 *
 * <p>Operands of more than two dimensions count as matrices of {@code rows × last extent}. The limit applies to the
 * rows of {@code A} as it is stored: without {@code transposeA} it limits {@code M} (further rows of {@code C} are not
 * written), with it, it limits {@code K} (with no live row {@code C} becomes {@code D}, or zero).
 *
 * @param a F32 {@code [M, K]}, or {@code [K, M]} if transposed
 * @param transposeA whether {@code op(A)} is the transpose of {@code a}
 * @param b F32 or BF16 {@code [K, N]}, or {@code [N, K]} if transposed
 * @param transposeB whether {@code op(B)} is the transpose of {@code b}
 * @param addend F32 {@code [M, N]}, added to the product; may be {@code c} itself, which then accumulates
 * @param c F32 {@code [M, N]}, the result
 * @param limit which rows of {@code a} are live
 * @param precision what both operands are rounded to
 */
public record Gemm(
        Tensor a,
        boolean transposeA,
        Tensor b,
        boolean transposeB,
        Optional<Tensor> addend,
        Tensor c,
        RowLimit limit,
        Precision precision)
        implements Kernel {
    /** Checks the operands. */
    public Gemm {
        int m = transposeA ? a.shape().columns() : a.shape().rows();
        int k = transposeA ? a.shape().rows() : a.shape().columns();
        int n = transposeB ? b.shape().rows() : b.shape().columns();
        Check check =
                Check.that("gemm")
                        .dtype(DType.F32, a, c)
                        .is(b.dtype() == DType.F32 || b.dtype() == DType.BF16, "%s is not F32 or BF16", b)
                        .is(
                                (transposeB ? b.shape().columns() : b.shape().rows()) == k,
                                "inner extents of %s%s and %s%s differ",
                                a,
                                transposeA ? " transposed" : "",
                                b,
                                transposeB ? " transposed" : "")
                        .matrix(c, m, n)
                        .is(c != a && c != b, "the result %s is also a factor", c);
        addend.ifPresent(d -> check.dtype(DType.F32, d).matrix(d, m, n));
    }

    /**
     * Rows of the result.
     *
     * @return {@code M}, before the limit
     */
    public int m() {
        return c.shape().rows();
    }

    /**
     * Columns of the result.
     *
     * @return {@code N}
     */
    public int n() {
        return c.shape().columns();
    }

    /**
     * The extent that is summed over.
     *
     * @return {@code K}, before the limit
     */
    public int k() {
        return transposeA ? a.shape().rows() : a.shape().columns();
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(a, b).and(addend).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(c);
    }
}
