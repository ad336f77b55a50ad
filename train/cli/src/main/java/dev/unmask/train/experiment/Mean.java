package dev.unmask.train.experiment;

import java.util.Collection;
import java.util.Locale;

/**
 * A mean over seeds.
 *
 * @param value the mean
 * @param error its standard error; 0 if there is only one seed, of which nothing can be said
 * @param count how many seeds
 */
public record Mean(double value, double error, int count) {
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
        return new Mean(mean, n == 1 ? 0 : Math.sqrt(squares / (n - 1) / n), n);
    }

    /**
     * The difference to a mean over other runs.
     *
     * @param other what is subtracted
     * @return the difference, with the errors of both
     */
    public Mean minus(Mean other) {
        return new Mean(value - other.value, Math.hypot(error, other.error), Math.min(count, other.count));
    }

    /**
     * Whether it is surely not 0, as far as a few seeds can tell.
     *
     * @return whether it is further from 0 than twice its error, of more than one seed
     */
    public boolean isClear() {
        return count > 1 && Math.abs(value) > 2 * error;
    }

    /**
     * As text.
     *
     * @param format of both numbers, such as {@code %.3f}
     * @return {@code value ± error}
     */
    public String text(String format) {
        return count == 1
                ? String.format(Locale.ROOT, format, value)
                : String.format(Locale.ROOT, format + " ± " + format, value, error);
    }
}
