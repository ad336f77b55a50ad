package dev.unmask.tensor.reference;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Int8Gemm;

import java.util.function.Function;

/** What {@link Int8Gemm} computes: which integers it rounds to is part of that, the rest is stated in float64. */
record ReferenceInt8(Function<Tensor, HostTensor> memory) {
    void gemm(Int8Gemm k) {
        int depth = k.k();
        int groups = Math.ceilDiv(depth, Int8Gemm.GROUP);
        double[] a = memory.apply(k.a()).values;
        double[] b = memory.apply(k.b()).values;
        double[] scales = memory.apply(k.scales()).values;
        HostTensor c = memory.apply(k.c());
        for (int i = 0; i < ReferenceKernels.live(k.limit(), k.a().shape().rows(), memory); i++) {
            double[] steps = new double[groups];
            double[] rounded = new double[depth];
            for (int g = 0; g < groups; g++) {
                int end = Math.min(depth, (g + 1) * Int8Gemm.GROUP);
                steps[g] = round(a, i * depth, g * Int8Gemm.GROUP, end, rounded);
            }
            for (int j = 0; j < k.n(); j++) {
                int at = i * k.n() + j;
                double addend = k.addend().map(d -> memory.apply(d).values[at]).orElse(0.0);
                double sum = addend;
                double magnitude = Math.abs(addend);
                double lost = 0;
                for (int g = 0; g < groups; g++) {
                    double integers = 0;
                    for (int p = g * Int8Gemm.GROUP; p < Math.min(depth, (g + 1) * Int8Gemm.GROUP); p++) {
                        integers += rounded[p] * b[j * depth + p];
                    }
                    double scaled = integers * scales[j];
                    sum += scaled * steps[g];
                    magnitude += Math.abs(scaled * steps[g]);
                    lost += lost(scaled) * steps[g] + HostTensor.SMALLEST;
                }
                c.put(at, sum, (groups + 4) * ReferenceKernels.UNIT * magnitude + lost);
            }
        }
    }

    /** Rounds a group of a row to integers, and says what one of them stands for. */
    private static double round(double[] a, int row, int from, int to, double[] rounded) {
        float largest = 0;
        for (int p = from; p < to; p++) {
            largest = Math.max(largest, Math.abs((float) a[row + p]));
        }
        if (!Float.isFinite(largest)) {
            return Double.NaN;
        }
        if (largest < Int8Gemm.LEAST) {
            return 0;
        }
        float inverse = Int8Gemm.STEPS / largest;
        for (int p = from; p < to; p++) {
            rounded[p] = Math.rint((float) a[row + p] * inverse);
        }
        return (double) largest / Int8Gemm.STEPS;
    }

    /** What float32 may lose of a number by its range alone: all above the largest, the least bits below the normal. */
    private static double lost(double scaled) {
        if (Math.abs(scaled) > Float.MAX_VALUE) {
            return Double.POSITIVE_INFINITY;
        }
        return Math.abs(scaled) < HostTensor.SMALLEST ? HostTensor.SMALLEST : 0;
    }
}
