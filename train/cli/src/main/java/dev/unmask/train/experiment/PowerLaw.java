package dev.unmask.train.experiment;

import java.util.Arrays;

/**
 * {@code y = coefficient · x^exponent}.
 *
 * @param coefficient above 0
 * @param exponent the exponent
 * @param exponentError its standard error; 0 of two points
 */
public record PowerLaw(double coefficient, double exponent, double exponentError) {
    /**
     * Fits a straight line to the logarithms (METHOD §6).
     *
     * @param x above 0
     * @param y above 0
     * @return the law
     */
    public static PowerLaw fit(double[] x, double[] y) {
        Regression line =
                Regression.of(Arrays.stream(y).map(Math::log).toArray(), Arrays.stream(x).map(Math::log).toArray());
        return new PowerLaw(Math.exp(line.coefficients()[0]), line.coefficients()[1], line.errors()[1]);
    }

    /**
     * The law at a place.
     *
     * @param x above 0
     * @return {@code y}
     */
    public double at(double x) {
        return coefficient * Math.pow(x, exponent);
    }

    /**
     * Where the law reaches a value.
     *
     * @param y above 0
     * @return {@code x}
     */
    public double reaches(double y) {
        return Math.pow(y / coefficient, 1 / exponent);
    }
}
