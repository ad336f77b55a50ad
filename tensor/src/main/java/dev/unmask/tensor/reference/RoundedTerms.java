package dev.unmask.tensor.reference;

import dev.unmask.tensor.Precision;

/**
 * Sums in which one factor of each term may have been rounded to bfloat16, or both to TF32, or neither: how far that
 * takes them at most.
 *
 * <p>A factor is off by up to {@code 2^-8} of itself, so a sum by that share of its terms' magnitudes. As errors of
 * roundings that have nothing to do with each other cancel for the most part, it is not off by more than six times that
 * share of the root of their squares either (Higham and Mary, A New Approach to Probabilistic Rounding Error Analysis,
 * 2019); which tells rounding from cutting off where there are many terms.
 */
final class RoundedTerms {
    private static final double UNIT = 0x1p-8;
    private static final double DEVIATIONS = 6;

    private final Precision precision;
    private final HostTensor sums;
    private final double[] magnitudes;
    private final double[] squares;

    RoundedTerms(Precision precision, HostTensor sums) {
        this.precision = precision;
        this.sums = sums;
        magnitudes = new double[sums.size()];
        squares = new double[sums.size()];
    }

    /** Counts a term of the sum at an index. */
    void add(int index, double term) {
        magnitudes[index] += Math.abs(term);
        squares[index] += term * term;
    }

    /** Adds what roundings may have done to the bounds of the sums. */
    void widenBounds() {
        if (precision != Precision.F32) {
            for (int i = 0; i < sums.size(); i++) {
                sums.bounds[i] += UNIT * Math.min(magnitudes[i], DEVIATIONS * Math.sqrt(squares[i]));
            }
        }
    }
}
