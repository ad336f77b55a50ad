package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device kernels of the Gaussian error linear unit, with one thread for {@link ElementKernels#ELEMENTS} elements. The
 * normal distribution function is that of the CPU's kernel: two polynomials, both fitted to the error function of
 * float64; it stands in each kernel, as a device kernel calls no other.
 */
final class UnitKernels {
    private UnitKernels() {}

    /** Arguments: x, out, rows, width, count, first. */
    static void gelu(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 5), words.get(row + 6), words.get(row + 3));
        int n = live * words.get(row + 4);
        Floats xs = memory.at(words, row, 1);
        Floats out = memory.at(words, row, 2);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float x = xs.get(i);
            float t = TornadoMath.abs(x) * 0.70710678f;
            float half = 0f;
            if (t < 0.92f) {
                float s = t * t;
                float p = 8.155249816e-5f * s - 8.084517904e-4f;
                p = p * s + 5.194980185e-3f;
                p = p * s - 2.685638331e-2f;
                p = p * s + 1.128362268e-1f;
                p = p * s - 3.761262596e-1f;
                p = p * s + 1.128379107f;
                half = 0.5f - 0.5f * p * t;
            } else {
                if (t < 4.5f) {
                    float q = 1.699342101e-5f * t - 3.802223655e-4f;
                    q = q * t + 3.873933572e-3f;
                    q = q * t - 2.424528450e-2f;
                    q = q * t + 1.067879871e-1f;
                    q = q * t + 6.348255277e-1f;
                    q = q * t + 1.128726482f;
                    half = 0.5f * TornadoMath.exp(-q * t);
                }
            }
            float phi = half;
            if (x >= 0f) {
                phi = 1f - half;
            }
            out.set(i, x * phi);
        }
    }

    /** Arguments: x, gradient of out, gradient of x, rows, width, count, first. */
    static void geluBackward(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 6), words.get(row + 7), words.get(row + 4));
        int n = live * words.get(row + 5);
        Floats xs = memory.at(words, row, 1);
        Floats outGradients = memory.at(words, row, 2);
        Floats gradients = memory.at(words, row, 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float x = xs.get(i);
            float t = TornadoMath.abs(x) * 0.70710678f;
            float half = 0f;
            if (t < 0.92f) {
                float s = t * t;
                float p = 8.155249816e-5f * s - 8.084517904e-4f;
                p = p * s + 5.194980185e-3f;
                p = p * s - 2.685638331e-2f;
                p = p * s + 1.128362268e-1f;
                p = p * s - 3.761262596e-1f;
                p = p * s + 1.128379107f;
                half = 0.5f - 0.5f * p * t;
            } else {
                if (t < 4.5f) {
                    float q = 1.699342101e-5f * t - 3.802223655e-4f;
                    q = q * t + 3.873933572e-3f;
                    q = q * t - 2.424528450e-2f;
                    q = q * t + 1.067879871e-1f;
                    q = q * t + 6.348255277e-1f;
                    q = q * t + 1.128726482f;
                    half = 0.5f * TornadoMath.exp(-q * t);
                }
            }
            float phi = half;
            if (x >= 0f) {
                phi = 1f - half;
            }
            float near = TornadoMath.max(-100f, TornadoMath.min(100f, x));
            float density = 0.39894228f * TornadoMath.exp(-0.5f * near * near);
            gradients.set(i, outGradients.get(i) * (phi + near * density));
        }
    }
}
