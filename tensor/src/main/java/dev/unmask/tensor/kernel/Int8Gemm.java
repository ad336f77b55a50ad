package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * Product with a matrix of int8: {@code C[M, N] = A[M, K] · (scales[N] ∘ B[N, K])ᵀ + D[M, N]}, where A is rounded to
 * int8 too, in groups of {@link #GROUP} columns:
 *
 * <pre>
 * largest = max |a|, of a group of a row
 * q       = rint(a · (127 / largest))                        in float32, ties to even
 * c       = d + Σ over groups of (largest / 127) · scale · Σ over the group of q · b
 * </pre>
 *
 * <p>The sums within a group are of integers, so that they are exact and have no order; groups are added in ascending
 * order. A group whose largest number is below {@link #LEAST} counts as zeros. Where a group has a number that is not
 * finite, all results of its row are not a number.
 *
 * @param a F32 {@code [M, K]}
 * @param b I8 {@code [N, K]}
 * @param scales F32 {@code [N]}, of the rows of {@code b}
 * @param addend F32 {@code [M, N]}, added to the product; may be {@code c} itself, which then accumulates
 * @param c F32 {@code [M, N]}, the result
 * @param limit which rows of {@code a} are live; the others are not read, nor are those of {@code c} written
 */
public record Int8Gemm(Tensor a, Tensor b, Tensor scales, Optional<Tensor> addend, Tensor c, RowLimit limit)
        implements Kernel {
    /** Columns of A that are rounded by one scale. The sum of so many products of int8 is exact in float32 too. */
    public static final int GROUP = 256;

    /** Half the number of steps that a number of int8 has, symmetric about zero. */
    public static final float STEPS = 127;

    /** The largest number of a group that counts, at least: {@code 127 / LEAST} must be finite. */
    public static final float LEAST = 0x1p-120f;

    /** Checks the operands. */
    public Int8Gemm {
        int m = a.shape().rows();
        int n = b.shape().rows();
        Check check =
                Check.that("int8 gemm")
                        .dtype(DType.F32, a, scales, c)
                        .dtype(DType.I8, b)
                        .is(b.shape().columns() == a.shape().columns(), "inner extents of %s and %s differ", a, b)
                        .elements(scales, n)
                        .matrix(c, m, n)
                        .is(c != a && c != scales, "the result %s is also a factor", c);
        addend.ifPresent(d -> check.dtype(DType.F32, d).matrix(d, m, n));
    }

    /**
     * Columns of the result.
     *
     * @return {@code N}
     */
    public int n() {
        return b.shape().rows();
    }

    /**
     * The extent that is summed over.
     *
     * @return {@code K}
     */
    public int k() {
        return a.shape().columns();
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(a, b, scales).and(addend).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(c);
    }
}
