package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
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
     * Arguments: list of tensors, room for the parts. A tensor in the list: address, n, where its sum goes, which array
     * of floats; a row of groups sums one. A float64 is left as its float32 and what that lacks.
     */
    static void squaresInParts(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        double[] sums = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        int tensor = words.get(row + 1) + 4 * k.groupIdy;
        Floats x = memory.of(words.get(tensor + 3), words.get(tensor));
        int n = words.get(tensor + 1);
        double sum = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = k.groupIdx * 128 + lane;
        // Written so that no index leaves the range of an integer.
        while (i < n - 98304) {
            double x0 = x.get(i);
            double x1 = x.get(i + 32768);
            double x2 = x.get(i + 65536);
            double x3 = x.get(i + 98304);
            sum += x0 * x0;
            sum1 += x1 * x1;
            sum2 += x2 * x2;
            sum3 += x3 * x3;
            i += 131072;
        }
        while (i < n) {
            double x0 = x.get(i);
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
        if (lane == 0 && k.groupIdx < 256) {
            float high = (float) sums[0];
            Floats part = memory.at(words, row, 2).from(2 * (k.groupIdy * 256 + k.groupIdx));
            part.set(0, high);
            float low = 0f;
            // What float32 cannot hold is infinite, not infinity less infinity.
            if (high <= Float.MAX_VALUE) {
                low = (float) (sums[0] - high);
            }
            part.set(1, low);
        }
    }

    /** Arguments: list of tensors, the parts, where sums go, tensors. A group sums the parts of one tensor. */
    static void sumsOfParts(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        double[] sums = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        Floats parts = memory.at(words, row, 2).from(512 * k.groupIdx);
        int end = 0;
        if (k.groupIdx < words.get(row + 4)) {
            end = 512;
        }
        double sum = 0;
        for (int part = lane; part < end; part += 128) {
            double value = parts.get(part);
            sum += value;
        }
        sums[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        if (lane == 0 && end > 0) {
            memory.at(words, row, 3).set(words.get(words.get(row + 1) + 4 * k.groupIdx + 2), (float) sums[0]);
        }
    }

    /**
     * Arguments: list of tensors, their number, squared norms, their number, settings. A tensor in the list: its first
     * group, n, parameter, gradient, first moment, second moment, and of those the arrays of floats. A group updates up
     * to 1024 elements of one.
     */
    static void adamW(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        double[] sums = k.allocateDoubleLocalArray(128);
        int lane = k.localIdx;
        double squares = 0;
        for (int i = lane; i < words.get(row + 4); i += 128) {
            double value = memory.at(words, row, 3).get(i);
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
        Floats settings = memory.at(words, row, 5);
        float rate = settings.get(0);
        float beta1 = settings.get(1);
        float beta2 = settings.get(2);
        float epsilon = settings.get(3);
        float decay = 1f - rate * settings.get(4);
        float rate1 = rate / settings.get(5);
        float root2 = TornadoMath.sqrt(settings.get(6));
        double norm = Math.sqrt(sums[0]) + 1e-6;
        float clip = 1f;
        double limit = settings.get(7);
        if (limit < norm) {
            clip = (float) (limit / norm);
        }
        int list = words.get(row + 1);
        int low = 0;
        int high = words.get(row + 2);
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (words.get(list + 10 * middle) <= k.groupIdx) {
                low = middle;
            } else {
                high = middle;
            }
        }
        int tensor = list + 10 * low;
        int first = (k.groupIdx - words.get(tensor)) * 1024;
        int end = words.get(tensor + 1);
        if (end - first > 1024) {
            end = first + 1024;
        }
        Floats p = memory.of(words.get(tensor + 6), words.get(tensor + 2));
        Floats g = memory.of(words.get(tensor + 7), words.get(tensor + 3));
        Floats m = memory.of(words.get(tensor + 8), words.get(tensor + 4));
        Floats v = memory.of(words.get(tensor + 9), words.get(tensor + 5));
        // Two at a time, so that more is read at once; the second may be beyond the end.
        for (int i = first + lane; i < end; i += 256) {
            int j = i + 128;
            if (j >= end) {
                j = i;
            }
            float g0 = clip * g.get(i);
            float m0 = m.get(i);
            float v0 = v.get(i);
            float p0 = p.get(i);
            float g1 = clip * g.get(j);
            float m1 = m.get(j);
            float v1 = v.get(j);
            float p1 = p.get(j);
            m0 = beta1 * m0 + (1f - beta1) * g0;
            v0 = beta2 * v0 + (1f - beta2) * g0 * g0;
            p0 = p0 * decay - rate1 * m0 / (TornadoMath.sqrt(v0) / root2 + epsilon);
            m1 = beta1 * m1 + (1f - beta1) * g1;
            v1 = beta2 * v1 + (1f - beta2) * g1 * g1;
            p1 = p1 * decay - rate1 * m1 / (TornadoMath.sqrt(v1) / root2 + epsilon);
            m.set(i, m0);
            v.set(i, v0);
            p.set(i, p0);
            m.set(j, m1);
            v.set(j, v1);
            p.set(j, p1);
        }
    }
}
