package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;

import java.util.Arrays;
import java.util.function.Function;

/** Norms in float64, with bounds; see {@link ReferenceKernels}. */
final class ReferenceNorms {
    private final Function<Tensor, HostTensor> memory;

    ReferenceNorms(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    private HostTensor host(Tensor tensor) {
        return memory.apply(tensor);
    }

    private double[] values(Tensor tensor) {
        return host(tensor).values;
    }

    void rmsNorm(RmsNorm k) {
        double[] x = values(k.x());
        double[] weight = values(k.weight());
        int width = k.width();
        for (int n = 0; n < ReferenceKernels.live(k.limit(), k.pieces(), memory); n++) {
            double squares = 0;
            for (int c = 0; c < width; c++) {
                squares += x[n * width + c] * x[n * width + c];
            }
            double inverse = 1 / Math.sqrt(squares / width + k.epsilon());
            host(k.inverseRms()).put(n, inverse, (width / 2.0 + 8) * UNIT * inverse);
            for (int c = 0; c < width; c++) {
                double y = weight[c] * x[n * width + c] * inverse;
                host(k.out()).put(n * width + c, y, (width / 2.0 + 12) * UNIT * Math.abs(y));
            }
        }
    }

    void rmsNormBackward(RmsNormBackward k) {
        double[] x = values(k.x());
        double[] weight = values(k.weight());
        double[] outGradient = values(k.outGradient());
        HostTensor dx = host(k.xGradient());
        HostTensor dw = host(k.weightGradient());
        int rows = ReferenceKernels.live(k.limit(), k.pieces(), memory);
        int width = k.width();
        double[] magnitude = Arrays.stream(dw.values).map(Math::abs).toArray();
        for (int n = 0; n < rows; n++) {
            double r = values(k.inverseRms())[n];
            double mean = 0;
            double meanMagnitude = 0;
            for (int c = 0; c < width; c++) {
                double term = weight[c] * outGradient[n * width + c] * x[n * width + c] / width;
                mean += term;
                meanMagnitude += Math.abs(term);
            }
            for (int c = 0; c < width; c++) {
                int at = n * width + c;
                double g = weight[c] * outGradient[at];
                double residual = k.residual().isPresent() ? values(k.residual().get())[at] : 0;
                double scale = Math.abs(r * g) + r * r * r * Math.abs(x[at]) * meanMagnitude + Math.abs(residual);
                dx.put(at, r * (g - x[at] * r * r * mean) + residual, (width + 12) * UNIT * scale);
                dw.values[c] += outGradient[at] * x[at] * r;
                magnitude[c] += Math.abs(outGradient[at] * x[at] * r);
            }
        }
        Arrays.setAll(dw.bounds, c -> (rows + 6) * UNIT * magnitude[c] + HostTensor.SMALLEST);
    }

    void layerNorm(LayerNorm k) {
        double[] x = memory.apply(k.x()).values;
        double[] weight = memory.apply(k.weight()).values;
        int width = k.x().shape().columns();
        for (int n = 0; n < ReferenceKernels.live(k.limit(), k.x().shape().rows(), memory); n++) {
            double mean = 0;
            double magnitude = 0;
            for (int c = 0; c < width; c++) {
                mean += x[n * width + c] / width;
                magnitude += Math.abs(x[n * width + c]) / width;
            }
            double variance = 0;
            for (int c = 0; c < width; c++) {
                variance += Math.pow(x[n * width + c] - mean, 2) / width;
            }
            double inverse = 1 / Math.sqrt(variance + k.epsilon());
            // The mean may be off by the roundings of its sum, and all deviations with it.
            double shift = (width / 2.0 + 2) * UNIT * magnitude;
            double relative = (width / 2.0 + 8) * UNIT + inverse * inverse * shift * (shift + 2 * Math.sqrt(variance));
            memory.apply(k.mean()).put(n, mean, shift);
            memory.apply(k.inverseDeviation()).put(n, inverse, relative * inverse);
            for (int c = 0; c < width; c++) {
                double y = weight[c] * (x[n * width + c] - mean) * inverse;
                double bound = (relative + 6 * UNIT) * Math.abs(y) + 2 * shift * Math.abs(weight[c]) * inverse;
                memory.apply(k.out()).put(n * width + c, y, bound);
            }
        }
    }

    void layerNormBackward(LayerNormBackward k) {
        double[] x = memory.apply(k.x()).values;
        double[] weight = memory.apply(k.weight()).values;
        double[] outGradient = memory.apply(k.outGradient()).values;
        HostTensor dx = memory.apply(k.xGradient());
        HostTensor dw = memory.apply(k.weightGradient());
        int rows = ReferenceKernels.live(k.limit(), k.x().shape().rows(), memory);
        int width = k.x().shape().columns();
        double[] magnitude = Arrays.stream(dw.values).map(Math::abs).toArray();
        for (int n = 0; n < rows; n++) {
            double mean = memory.apply(k.mean()).values[n];
            double r = memory.apply(k.inverseDeviation()).values[n];
            double pull = 0;
            double slope = 0;
            double pullMagnitude = 0;
            double slopeMagnitude = 0;
            for (int c = 0; c < width; c++) {
                double g = weight[c] * outGradient[n * width + c] / width;
                double u = (x[n * width + c] - mean) * r;
                pull += g;
                slope += g * u;
                pullMagnitude += Math.abs(g);
                slopeMagnitude += Math.abs(g) * magnitude(x[n * width + c], mean, r);
            }
            for (int c = 0; c < width; c++) {
                int at = n * width + c;
                double g = weight[c] * outGradient[at];
                double u = (x[at] - mean) * r;
                double size = magnitude(x[at], mean, r);
                double residual = k.residual().isPresent() ? memory.apply(k.residual().get()).values[at] : 0;
                double scale = Math.abs(r) * (Math.abs(g) + pullMagnitude + size * slopeMagnitude) + Math.abs(residual);
                dw.values[c] += outGradient[at] * u;
                magnitude[c] += Math.abs(outGradient[at]) * size;
                dx.put(at, r * (g - pull - u * slope) + residual, (width + 16) * UNIT * scale);
            }
        }
        Arrays.setAll(dw.bounds, c -> (rows + 8) * UNIT * magnitude[c] + HostTensor.SMALLEST);
    }

    /** What went into a normalised element: the difference cancels. */
    private static double magnitude(double x, double mean, double r) {
        return (Math.abs(x) + Math.abs(mean)) * Math.abs(r);
    }
}
