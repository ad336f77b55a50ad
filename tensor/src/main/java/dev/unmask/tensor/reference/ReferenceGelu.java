package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;

import java.util.function.Function;

/** The Gaussian error linear unit in float64, with bounds; see {@link ReferenceKernels}. */
final class ReferenceGelu {
    private final Function<Tensor, HostTensor> memory;

    ReferenceGelu(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    void gelu(Gelu k) {
        double[] xs = memory.apply(k.x()).values;
        int live = ReferenceKernels.live(k.limit(), k.x().shape().rows(), memory) * k.x().shape().columns();
        for (int i = 0; i < live; i++) {
            double x = xs[i];
            // Φ may be off by roundings of the 1 in 1 + erf.
            memory.apply(k.out()).put(i, x * phi(x), 4 * UNIT * Math.abs(x));
        }
    }

    void geluBackward(GeluBackward k) {
        double[] xs = memory.apply(k.x()).values.clone();
        double[] outGradient = memory.apply(k.outGradient()).values;
        int live = ReferenceKernels.live(k.limit(), k.x().shape().rows(), memory) * k.x().shape().columns();
        for (int i = 0; i < live; i++) {
            double x = xs[i];
            double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            double dx = outGradient[i] * (phi(x) + x * density);
            double slopeBound = 8 * UNIT * (1 + Math.abs(x) * density * (1 + x * x));
            memory.apply(k.xGradient()).put(i, dx, slopeBound * Math.abs(outGradient[i]));
        }
    }

    /** The normal distribution function: a series near zero, a continued fraction in the tails. */
    static double phi(double x) {
        double z = Math.abs(x);
        if (z > 40) {
            return x > 0 ? 1 : 0;
        }
        if (z < 4) {
            double term = z;
            double sum = z;
            for (int n = 1; n < 100; n++) {
                term *= z * z / (2 * n + 1);
                sum += term;
            }
            double half = sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
            return x > 0 ? 0.5 + half : 0.5 - half;
        }
        double fraction = z;
        for (int n = 60; n > 0; n--) {
            fraction = z + n / fraction;
        }
        double tail = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) / fraction;
        return x > 0 ? 1 - tail : tail;
    }
}
