package dev.unmask.train.experiment;

import org.hipparchus.distribution.continuous.TDistribution;

import java.util.Collection;
import java.util.Locale;

/**
 * A mean over seeds, or a difference of two.
 *
 * @param value the mean
 * @param error its standard error; 0 if there is only one seed, of which nothing can be said
 * @param degrees degrees of freedom of the error: seeds less one; 0 if nothing can be said
 */
public record Mean(double value, double error, double degrees) {
    /** How sure one must be that something is not 0. */
    private static final double SURE = 0.95;

    /**
     * The mean of some numbers.
     *
     * @param numbers at least one
     * @return the mean and its standard error
     */
    public static Mean of(Collection<Double> numbers) {
        if (numbers.isEmpty()) {
            throw new IllegalArgumentException("mean: found no numbers, expected at least one");
        }
        int n = numbers.size();
        double mean = numbers.stream().mapToDouble(Double::doubleValue).sum() / n;
        double squares = numbers.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
        return new Mean(mean, n == 1 ? 0 : Math.sqrt(squares / (n - 1) / n), n - 1);
    }

    /**
     * The difference to a mean over other runs, as Welch has it.
     *
     * @param other what is subtracted
     * @return the difference, with the errors of both
     */
    public Mean minus(Mean other) {
        double error = Math.hypot(this.error, other.error);
        if (degrees == 0 || other.degrees == 0 || error == 0) {
            return new Mean(value - other.value, error, Math.min(degrees, other.degrees));
        }
        double own = Math.pow(this.error / error, 4) / degrees;
        double others = Math.pow(other.error / error, 4) / other.degrees;
        return new Mean(value - other.value, error, 1 / (own + others));
    }

    /**
     * The same in other units.
     *
     * @param factor by which it is multiplied
     * @return the product
     */
    public Mean times(double factor) {
        return new Mean(factor * value, Math.abs(factor) * error, degrees);
    }

    /**
     * Whether it is not 0, as far as so few seeds can tell: by Student's distribution 0 lies outside the interval that
     * holds the truth in 95 of 100 cases.
     *
     * @return whether it is; never of one seed
     */
    public boolean isClear() {
        return degrees > 0
                && Math.abs(value)
                        > error * new TDistribution(degrees).inverseCumulativeProbability((1 + SURE) / 2);
    }

    /**
     * As text.
     *
     * @param format of both numbers, such as {@code %.3f}
     * @return {@code value ± error}
     */
    public String text(String format) {
        return degrees == 0
                ? String.format(Locale.ROOT, format, value)
                : String.format(Locale.ROOT, format + " ± " + format, value, error);
    }
}
