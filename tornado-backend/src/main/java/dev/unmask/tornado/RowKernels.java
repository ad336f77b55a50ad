package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device kernels with one group of {@link #GROUP} threads a row, and sums as trees in local memory, whose order is
 * always the same. See {@link Arguments} for how they find their operands.
 */
final class RowKernels {
    /** Threads of a group; the local arrays below are this long. */
    static final int GROUP = 128;

    /** Rows and columns of a group of {@link #rmsNormWeightGradient}. */
    static final int SQUARE = 16;

    private static final int HALF_GROUP = 64;
    private static final float LOWEST = -3.4e38f;

    private RowKernels() {}

    /** Arguments: x, weight, address of epsilon, out, inverse rms, rows, width, count, first. */
    static void rmsNorm(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        float[] sums = k.allocateFloatLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 8), words.get(row + 9), words.get(row + 6));
        int x = words.get(row + 1) + n * width;
        int out = words.get(row + 4) + n * width;
        int seen = 0;
        if (n < live) {
            seen = width;
        }
        float sum = 0f;
        for (int c = lane; c < seen; c += 128) {
            sum += memory.get(x + c) * memory.get(x + c);
        }
        sums[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        k.localBarrier();
        float inverse = 1f / TornadoMath.sqrt(sums[0] / width + memory.get(words.get(row + 3)));
        for (int c = lane; c < seen; c += 128) {
            memory.set(out + c, memory.get(words.get(row + 2) + c) * memory.get(x + c) * inverse);
        }
        if (lane == 0 && n < live) {
            memory.set(words.get(row + 5) + n, inverse);
        }
    }

    /**
     * Arguments: x, weight, inverse rms, gradient of out, residual or none, gradient of x, rows, width, count, first.
     */
    static void rmsNormInputGradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        float[] sums = k.allocateFloatLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 8);
        int live = Arguments.live(words, words.get(row + 9), words.get(row + 10), words.get(row + 7));
        int seen = 0;
        if (n < live) {
            seen = width;
        }
        int weight = words.get(row + 2);
        int residual = words.get(row + 5);
        int start = n * width;
        int x = words.get(row + 1) + start;
        int outGradient = words.get(row + 4) + start;
        float inverse = memory.get(words.get(row + 3) + n);
        float sum = 0f;
        for (int c = lane; c < seen; c += 128) {
            sum += memory.get(weight + c) * memory.get(outGradient + c) * memory.get(x + c);
        }
        sums[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        k.localBarrier();
        float scale = inverse * inverse * (sums[0] / width);
        for (int c = lane; c < seen; c += 128) {
            float gradient =
                    inverse * (memory.get(weight + c) * memory.get(outGradient + c) - memory.get(x + c) * scale);
            if (residual >= 0) {
                gradient = gradient + memory.get(residual + start + c);
            }
            memory.set(words.get(row + 6) + start + c, gradient);
        }
    }

    /**
     * Arguments: x, inverse rms, gradient of out, gradient of weight, rows, width, count, first. A group sums 16
     * columns.
     */
    static void rmsNormWeightGradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, k.globalIdy);
        float[] sums = k.allocateFloatLocalArray(256);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int c = k.globalIdx;
        int rows = Arguments.live(words, words.get(row + 7), words.get(row + 8), words.get(row + 5));
        int width = words.get(row + 6);
        float sum = 0f;
        if (c < width) {
            for (int n = ly; n < rows; n += 16) {
                float r = memory.get(words.get(row + 2) + n);
                sum +=
                        memory.get(words.get(row + 3) + n * width + c)
                                * memory.get(words.get(row + 1) + n * width + c)
                                * r;
            }
        }
        sums[ly * 16 + lx] = sum;
        for (int stride = 8; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (ly < stride) {
                sums[ly * 16 + lx] = sums[ly * 16 + lx] + sums[(ly + stride) * 16 + lx];
            }
        }
        if (ly == 0 && c < width) {
            int at = words.get(row + 4) + c;
            memory.set(at, memory.get(at) + sums[lx]);
        }
    }

    /**
     * Arguments: ids, gradient of out, gradient of table, rows, width. The group of the first row of an id adds all
     * rows of that id, in their order.
     */
    static void embedBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int ids = words.get(row + 1);
        int rows = words.get(row + 4);
        int width = words.get(row + 5);
        int id = words.get(ids + n);
        int earlier = 0;
        while (earlier < n && words.get(ids + earlier) != id) {
            earlier++;
        }
        if (earlier == n) {
            for (int c = lane; c < width; c += 128) {
                int at = words.get(row + 3) + id * width + c;
                float sum = memory.get(at);
                for (int m = n; m < rows; m++) {
                    if (words.get(ids + m) == id) {
                        sum += memory.get(words.get(row + 2) + m * width + c);
                    }
                }
                memory.set(at, sum);
            }
        }
    }

    /** Arguments: logits, targets, losses, log-sum-exp, rows, width, count, first. */
    static void crossEntropy(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        float[] parts = k.allocateFloatLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 6);
        int first = words.get(row + 8);
        int live = Arguments.live(words, words.get(row + 7), first, words.get(row + 5));
        int logits = words.get(row + 1) + n * width;
        int seen = 0;
        if (n < live) {
            seen = width;
        }
        float max = LOWEST;
        for (int v = lane; v < seen; v += 128) {
            max = TornadoMath.max(max, memory.get(logits + v));
        }
        parts[lane] = max;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                parts[lane] = TornadoMath.max(parts[lane], parts[lane + stride]);
            }
        }
        k.localBarrier();
        max = parts[0];
        k.localBarrier();
        float sum = 0f;
        for (int v = lane; v < seen; v += 128) {
            sum += TornadoMath.exp(memory.get(logits + v) - max);
        }
        parts[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                parts[lane] = parts[lane] + parts[lane + stride];
            }
        }
        if (lane == 0 && n < live) {
            int entry = first + n;
            float logSumExp = max + TornadoMath.log(parts[0]);
            float target = memory.get(logits + words.get(words.get(row + 2) + entry));
            memory.set(words.get(row + 3) + entry, logSumExp - target);
            memory.set(words.get(row + 4) + entry, logSumExp);
        }
    }
}
