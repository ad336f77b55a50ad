package dev.unmask.tornado;

import dev.unmask.tensor.Precision;

import java.util.function.Predicate;

/**
 * Which of the ways to compute a kernel there are.
 *
 * @param multiplied in which precisions a library computes products
 * @param fused in which precisions attention is computed without scores in memory
 */
record Ways(Predicate<Precision> multiplied, Predicate<Precision> fused) {
    /** Only the kernels of this backend. */
    static final Ways OWN = new Ways(precision -> false, precision -> false);

    /** A library for every product, of attention too. */
    static final Ways PRODUCTS = new Ways(precision -> true, precision -> false);
}
