package dev.unmask.train.experiment;

import org.hipparchus.stat.regression.OLSMultipleLinearRegression;

import java.util.Arrays;

/**
 * Least squares.
 *
 * @param coefficients the constant, then that of each column
 * @param errors their standard errors; 0 where there are no more points than coefficients
 */
public record Regression(double[] coefficients, double[] errors) {
    /**
     * Fits {@code y = a + Σ b·x}.
     *
     * @param y what was measured
     * @param columns each as long as {@code y}
     * @return the fit
     */
    public static Regression of(double[] y, double[]... columns) {
        int parameters = columns.length + 1;
        if (y.length < parameters) {
            throw new IllegalArgumentException(
                    "least squares: found " + y.length + " points, expected at least " + parameters);
        }
        double[][] rows = new double[y.length][columns.length];
        for (int i = 0; i < y.length; i++) {
            for (int j = 0; j < columns.length; j++) {
                rows[i][j] = columns[j][i];
            }
        }
        if (y.length == parameters) {
            // No freedom is left to tell errors from; a point twice changes no fit.
            double[] twice = Arrays.copyOf(y, y.length + 1);
            double[][] rowsTwice = Arrays.copyOf(rows, y.length + 1);
            twice[y.length] = y[0];
            rowsTwice[y.length] = rows[0];
            return new Regression(fitted(twice, rowsTwice).estimateRegressionParameters(), new double[parameters]);
        }
        OLSMultipleLinearRegression fit = fitted(y, rows);
        return new Regression(
                fit.estimateRegressionParameters(), fit.estimateRegressionParametersStandardErrors());
    }

    private static OLSMultipleLinearRegression fitted(double[] y, double[][] rows) {
        OLSMultipleLinearRegression fit = new OLSMultipleLinearRegression();
        fit.newSampleData(y, rows);
        return fit;
    }
}
