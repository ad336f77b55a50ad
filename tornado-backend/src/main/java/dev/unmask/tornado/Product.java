package dev.unmask.tornado;

import dev.unmask.tensor.Precision;

import java.util.Optional;

/**
 * Products of matrices by a library of the device's vendor, {@code C = op(A) · op(B)}, or {@code C += ...}; all rows
 * lie in the array of floats, one after the other.
 *
 * <p>A library takes sizes from the host, so that the host knows how many rows are live: see {@link LiveRows}.
 *
 * @param a address of A, {@code [M, K]}, or {@code [K, M]} if transposed
 * @param transposeA whether {@code op(A)} is the transpose
 * @param b address of B, {@code [K, N]}, or {@code [N, K]} if transposed
 * @param transposeB whether {@code op(B)} is the transpose
 * @param c address of C, {@code [M, N]}
 * @param accumulate whether the product is added to what C holds
 * @param m rows of C
 * @param n columns of C
 * @param k what is summed over
 * @param live rows of A that take part; empty: all
 * @param precision what operands are rounded to
 */
record Product(
        int a,
        boolean transposeA,
        int b,
        boolean transposeB,
        int c,
        boolean accumulate,
        int m,
        int n,
        int k,
        Optional<LiveRows> live,
        Precision precision)
        implements Step {
    /** The same of as many rows as are live now. */
    Product ofLiveRows() {
        if (live.isEmpty()) {
            return this;
        }
        int rows = live.get().number();
        return new Product(
                a,
                transposeA,
                b,
                transposeB,
                c,
                accumulate,
                transposeA ? m : rows,
                n,
                transposeA ? rows : k,
                Optional.empty(),
                precision);
    }

    /** Elements of a row of A as it is stored. */
    int widthOfA() {
        return transposeA ? m : k;
    }

    /** Elements of a row of B as it is stored. */
    int widthOfB() {
        return transposeB ? k : n;
    }
}
