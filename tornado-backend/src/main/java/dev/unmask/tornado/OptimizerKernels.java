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
    static final int PARTS = 256;

    /** Elements that a group updates. */
    static final int UPDATED = 1024;

    private static final int HALF_GROUP = 64;

    private OptimizerKernels() {}

    /**
     * Arguments: list of tensors, room for the parts. A tensor in the list: address, n, where its sum goes; a row of
     * groups sums one. A float64 is left as its float32 and what that lacks.
     */
    static void squaresInParts(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, k.globalIdy);
        double[] sums = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        int tensor = words.get(row + 1) + 3 * k.groupIdy;
        int x = words.get(tensor);
        int n = words.get(tensor + 1);
        double sum = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = k.groupIdx * 128 + lane;
        // Written so that no index leaves the range of an integer.
        while (i < n - 98304) {
            double x0 = memory.get(x + i);
            double x1 = memory.get(x + i + 32768);
            double x2 = memory.get(x + i + 65536);
            double x3 = memory.get(x + i + 98304);
            sum += x0 * x0;
            sum1 += x1 * x1;
            sum2 += x2 * x2;
            sum3 += x3 * x3;
            i += 131072;
        }
        while (i < n) {
            double x0 = memory.get(x + i);
            sum += x0 * x0;
            i += 32768;
        }
        sums[lane] = sum + sum1 + (sum2 + sum3);
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        if (lane == 0) {
            float high = (float) sums[0];
            int part = words.get(row + 2) + 2 * (k.groupIdy * 256 + k.groupIdx);
            memory.set(part, high);
            memory.set(part + 1, (float) (sums[0] - high));
        }
    }

    /** Arguments: list of tensors, the parts, where sums go. A group sums the parts of one tensor. */
    static void sumsOfParts(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        double[] sums = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        int parts = words.get(row + 2) + 512 * k.groupIdx;
        double sum = 0;
        for (int part = lane; part < 512; part += 128) {
            double value = memory.get(parts + part);
            sum += value;
        }
        sums[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        if (lane == 0) {
            memory.set(words.get(row + 3) + words.get(words.get(row + 1) + 3 * k.groupIdx + 2), (float) sums[0]);
        }
    }

    /**
     * Arguments: list of tensors, their number, squared norms, their number, settings. A tensor in the list: its first
     * group, n, parameter, gradient, first moment, second moment. A group updates up to 1024 elements of one.
     */
    static void adamW(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        double[] sums = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        double squares = 0;
        for (int i = lane; i < words.get(row + 4); i += 128) {
            double value = memory.get(words.get(row + 3) + i);
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
        int settings = words.get(row + 5);
        float rate = memory.get(settings);
        float beta1 = memory.get(settings + 1);
        float beta2 = memory.get(settings + 2);
        float epsilon = memory.get(settings + 3);
        float decay = 1f - rate * memory.get(settings + 4);
        float rate1 = rate / memory.get(settings + 5);
        float root2 = TornadoMath.sqrt(memory.get(settings + 6));
        double norm = Math.sqrt(sums[0]) + 1e-6;
        float clip = 1f;
        double limit = memory.get(settings + 7);
        if (limit < norm) {
            clip = (float) (limit / norm);
        }
        int list = words.get(row + 1);
        int low = 0;
        int high = words.get(row + 2);
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (words.get(list + 6 * middle) <= k.groupIdx) {
                low = middle;
            } else {
                high = middle;
            }
        }
        int tensor = list + 6 * low;
        int first = (k.groupIdx - words.get(tensor)) * 1024;
        int end = words.get(tensor + 1);
        if (end - first > 1024) {
            end = first + 1024;
        }
        int p = words.get(tensor + 2);
        int g = words.get(tensor + 3);
        int m = words.get(tensor + 4);
        int v = words.get(tensor + 5);
        // Two at a time, so that more is read at once; the second may be beyond the end.
        for (int i = first + lane; i < end; i += 256) {
            int j = i + 128;
            if (j >= end) {
                j = i;
            }
            float g0 = clip * memory.get(g + i);
            float m0 = memory.get(m + i);
            float v0 = memory.get(v + i);
            float p0 = memory.get(p + i);
            float g1 = clip * memory.get(g + j);
            float m1 = memory.get(m + j);
            float v1 = memory.get(v + j);
            float p1 = memory.get(p + j);
            m0 = beta1 * m0 + (1f - beta1) * g0;
            v0 = beta2 * v0 + (1f - beta2) * g0 * g0;
            p0 = p0 * decay - rate1 * m0 / (TornadoMath.sqrt(v0) / root2 + epsilon);
            m1 = beta1 * m1 + (1f - beta1) * g1;
            v1 = beta2 * v1 + (1f - beta2) * g1 * g1;
            p1 = p1 * decay - rate1 * m1 / (TornadoMath.sqrt(v1) / root2 + epsilon);
            memory.set(m + i, m0);
            memory.set(v + i, v0);
            memory.set(p + i, p0);
            memory.set(m + j, m1);
            memory.set(v + j, v1);
            memory.set(p + j, p1);
        }
    }
}
