package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;

import java.util.function.Function;

/** Activations in float64, with bounds; see {@link ReferenceKernels}. */
final class ReferenceActivations {
    /** Of {@code e^-x}, which is below half the least number of float32 from here on. */
    private static final double LARGEST_EXPONENT = 104;

    private final Function<Tensor, HostTensor> memory;

    ReferenceActivations(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    private HostTensor host(Tensor tensor) {
        return memory.apply(tensor);
    }

    private double[] values(Tensor tensor) {
        return host(tensor).values;
    }

    void gelu(Gelu k) {
        double[] xs = values(k.x());
        int live = ReferenceKernels.live(k.limit(), k.x().shape().rows(), memory) * k.x().shape().columns();
        for (int i = 0; i < live; i++) {
            double x = xs[i];
            // Φ may be off by roundings of the 1 in 1 + erf.
            host(k.out()).put(i, x * phi(x), 4 * UNIT * Math.abs(x));
        }
    }

    void geluBackward(GeluBackward k) {
        double[] xs = values(k.x()).clone();
        double[] outGradient = values(k.outGradient());
        int live = ReferenceKernels.live(k.limit(), k.x().shape().rows(), memory) * k.x().shape().columns();
        for (int i = 0; i < live; i++) {
            double x = xs[i];
            double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            double dx = outGradient[i] * (phi(x) + x * density);
            double slopeBound = 8 * UNIT * (1 + Math.abs(x) * density * (1 + x * x));
            host(k.xGradient()).put(i, dx, slopeBound * Math.abs(outGradient[i]));
        }
    }

    void swiGlu(SwiGlu k) {
        double[] gate = values(k.gate());
        double[] up = values(k.up());
        int live = ReferenceKernels.live(k.limit(), k.gate().shape().rows(), memory) * k.gate().shape().columns();
        for (int i = 0; i < live; i++) {
            double out = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
            // The sigmoid may be flushed to zero before it is multiplied.
            host(k.out()).put(i, out, 16 * UNIT * Math.abs(out) + HostTensor.SMALLEST * Math.abs(gate[i] * up[i]));
        }
    }

    void swiGluBackward(SwiGluBackward k) {
        double[] gates = values(k.gate());
        double[] ups = values(k.up());
        double[] outGradient = values(k.outGradient());
        int live = ReferenceKernels.live(k.limit(), k.gate().shape().rows(), memory) * k.gate().shape().columns();
        for (int i = 0; i < live; i++) {
            double gate = gates[i];
            double up = ups[i];
            double s = 1 / (1 + Math.exp(-gate));
            double gateGradient = outGradient[i] * up * s * (1 + gate * (1 - s));
            double upGradient = outGradient[i] * gate * s;
            // From here on a sigmoid is zero or one to the last bit.
            double scale = Math.abs(outGradient[i] * up) * (1 + Math.min(Math.abs(gate), LARGEST_EXPONENT));
            double upScale = Math.abs(outGradient[i] * gate);
            host(k.gateGradient()).put(i, gateGradient, (24 * UNIT * s + HostTensor.SMALLEST) * scale);
            host(k.upGradient()).put(i, upGradient, (16 * UNIT * s + HostTensor.SMALLEST) * upScale);
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
