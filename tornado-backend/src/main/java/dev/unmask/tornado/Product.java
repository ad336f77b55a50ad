package dev.unmask.tornado;

import dev.unmask.tensor.Precision;

import java.util.Optional;

/**
 * Products of matrices by a library of the device's vendor, {@code C = op(A) · op(B)}, or {@code C += ...}.
 *
 * <p>A library takes sizes from the host, so that the host knows how many rows are live: see {@link LiveRows}.
 *
 * @param a {@code [M, K]}, or {@code [K, M]} if transposed
 * @param b {@code [K, N]}, or {@code [N, K]} if transposed
 * @param c {@code [M, N]}
 * @param accumulate whether the product is added to what C holds
 * @param size the extents, and how many products
 * @param live rows of A that take part; empty: all
 * @param precision what operands are rounded to
 */
record Product(
        Matrix a, Matrix b, Matrix c, boolean accumulate, Size size, Optional<LiveRows> live, Precision precision)
        implements Step {
    /**
     * Extents of products.
     *
     * @param m rows of C
     * @param n columns of C
     * @param k what is summed over
     * @param count how many products, each a step on from the one before
     */
    record Size(int m, int n, int k, int count) {}

    /** The same of as many rows as are live now. */
    Product ofLiveRows() {
        if (live.isEmpty()) {
            return this;
        }
        int rows = live.get().number();
        Size alive =
                a.transposed()
                        ? new Size(size.m, size.n, rows, size.count)
                        : new Size(rows, size.n, size.k, size.count);
        return new Product(a, b, c, accumulate, alive, Optional.empty(), precision);
    }
}
