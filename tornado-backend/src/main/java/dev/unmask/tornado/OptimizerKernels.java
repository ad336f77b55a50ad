package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Device kernels of the optimiser. See {@link Arguments} for how they find their operands. */
final class OptimizerKernels {
    /** Threads of a group; the local arrays below are this long. */
    static final int GROUP = 128;

    /** Groups that share a sum; each leaves two floats. */
    static final int PARTS = 64;

    private static final int HALF_GROUP = 64;

    private OptimizerKernels() {}

    /** Arguments: x, n, room for the parts. A float64 is left as its float32 and what that lacks. */
    static void squaresInParts(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        double[] sums = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        int n = words.get(row + 2);
        double sum = 0;
        for (int i = k.globalIdx; i < n; i += 8192) {
            double x = memory.get(words.get(row + 1) + i);
            sum += x * x;
        }
        sums[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        if (lane == 0) {
            float high = (float) sums[0];
            int part = words.get(row + 3) + 2 * k.groupIdx;
            memory.set(part, high);
            memory.set(part + 1, (float) (sums[0] - high));
        }
    }

    /** Arguments: the parts, where their sum goes. */
    static void sumOfParts(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        if (i == 0) {
            double sum = 0;
            for (int part = 0; part < 128; part++) {
                double value = memory.get(words.get(row + 1) + part);
                sum += value;
            }
            memory.set(words.get(row + 2), (float) sum);
        }
    }

    /** Arguments: parameter, gradient, first moment, second moment, squared norms, their number, settings, n. */
    static void adamW(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        double[] sums = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        double squares = 0;
        for (int i = lane; i < words.get(row + 6); i += 128) {
            double value = memory.get(words.get(row + 5) + i);
            squares += value;
        }
        sums[lane] = squares;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        k.localBarrier();
        int i = k.globalIdx;
        if (i < words.get(row + 8)) {
            int settings = words.get(row + 7);
            float rate = memory.get(settings);
            float beta1 = memory.get(settings + 1);
            float beta2 = memory.get(settings + 2);
            double norm = Math.sqrt(sums[0]) + 1e-6;
            float clip = 1f;
            double limit = memory.get(settings + 7);
            if (limit < norm) {
                clip = (float) (limit / norm);
            }
            float gradient = clip * memory.get(words.get(row + 2) + i);
            float m = beta1 * memory.get(words.get(row + 3) + i) + (1f - beta1) * gradient;
            float v = beta2 * memory.get(words.get(row + 4) + i) + (1f - beta2) * gradient * gradient;
            float denominator =
                    TornadoMath.sqrt(v) / TornadoMath.sqrt(memory.get(settings + 6)) + memory.get(settings + 3);
            float decayed = memory.get(words.get(row + 1) + i) * (1f - rate * memory.get(settings + 4));
            memory.set(words.get(row + 3) + i, m);
            memory.set(words.get(row + 4) + i, v);
            memory.set(words.get(row + 1) + i, decayed - rate / memory.get(settings + 5) * m / denominator);
        }
    }
}
