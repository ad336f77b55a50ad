package dev.unmask.tensor.reference;

import dev.unmask.tensor.Precision;

/** What may be lost below the normal numbers, where a {@link Precision} lets a backend take them for zero. */
final class Underflow {
    private Underflow() {}

    /**
     * How much of a term of a sum may be lost: all of it where a factor is no normal number, and what the sum so far
     * may be short of one.
     */
    static double of(double factor, double other, Precision precision) {
        if (precision == Precision.F32) {
            return 0;
        }
        boolean normal = isNormal(factor) && isNormal(other);
        return (normal ? 0 : Math.abs(factor * other)) + Float.MIN_NORMAL;
    }

    private static boolean isNormal(double factor) {
        return factor == 0 || Math.abs(factor) >= Float.MIN_NORMAL;
    }
}
