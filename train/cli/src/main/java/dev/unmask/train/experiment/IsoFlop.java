package dev.unmask.train.experiment;

import java.util.Arrays;

/**
 * The best size for a budget: the lowest point of a parabola through losses over the logarithm of sizes (METHOD §6).
 *
 * @param size {@code N*}
 * @param loss {@code L*}
 * @param inside whether the parabola opens upwards and the best size lies within the sizes that were tried; else it is
 *     the best of those that were
 * @param parabola coefficients of {@code 1, x, x²} for {@code x = log N}
 */
public record IsoFlop(double size, double loss, boolean inside, double[] parabola) {
    /**
     * Fits the parabola.
     *
     * @param sizes parameters without embedding and head, at least three
     * @param losses nats a token
     * @return the minimum
     */
    public static IsoFlop fit(double[] sizes, double[] losses) {
        double[] x = Arrays.stream(sizes).map(Math::log).toArray();
        double[] squares = Arrays.stream(x).map(v -> v * v).toArray();
        double[] c = Regression.of(losses, x, squares).coefficients();
        double lowest = -c[1] / (2 * c[2]);
        boolean inside =
                c[2] > 0
                        && lowest >= Arrays.stream(x).min().orElseThrow()
                        && lowest <= Arrays.stream(x).max().orElseThrow();
        if (inside) {
            return new IsoFlop(Math.exp(lowest), c[0] - c[1] * c[1] / (4 * c[2]), true, c);
        }
        int best = 0;
        for (int i = 1; i < losses.length; i++) {
            best = losses[i] < losses[best] ? i : best;
        }
        return new IsoFlop(sizes[best], losses[best], false, c);
    }

    /**
     * The parabola.
     *
     * @param n a size
     * @return the loss there
     */
    public double at(double n) {
        double x = Math.log(n);
        return parabola[0] + parabola[1] * x + parabola[2] * x * x;
    }
}
