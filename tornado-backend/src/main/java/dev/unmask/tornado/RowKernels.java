package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
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

    /** Rows of a group of {@link #rmsNormBackward}. */
    static final int BLOCK = 8;

    private static final int HALF_GROUP = 64;
    private static final float LOWEST = -3.4e38f;

    private RowKernels() {}

    /** Arguments: x, weight, address of epsilon, out, inverse rms, rows, width, count, first. */
    static void rmsNorm(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] sums = k.allocateFloatLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 8), words.get(row + 9), words.get(row + 6));
        Floats x = memory.at(words, row, 1).from(n * width);
        Floats out = memory.at(words, row, 4).from(n * width);
        int seen = 0;
        if (n < live) {
            seen = width;
        }
        float sum = 0f;
        for (int c = lane; c < seen; c += 128) {
            sum += x.get(c) * x.get(c);
        }
        sums[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        k.localBarrier();
        float inverse = 1f / TornadoMath.sqrt(sums[0] / width + memory.at(words, row, 3).get(0));
        for (int c = lane; c < seen; c += 128) {
            out.set(c, memory.at(words, row, 2).get(c) * x.get(c) * inverse);
        }
        if (lane == 0 && n < live) {
            memory.at(words, row, 5).set(n, inverse);
        }
    }

    /**
     * Arguments: 1 x, 2 weight, 3 inverse rms, 4 gradient of out, 5 residual or none, 6 gradient of x, 7 rows, 8 width,
     * 9 count, 10 first, 11 room for the parts. A group has 8 rows, sixteen threads each; it leaves their part of the
     * gradient of the weight.
     */
    static void rmsNormBackward(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] sums = k.allocateFloatLocalArray(128);
        int lane = k.localIdx;
        int width = words.get(row + 8);
        int live = Arguments.live(words, words.get(row + 9), words.get(row + 10), words.get(row + 7));
        Floats xs = memory.at(words, row, 1);
        Floats weight = memory.at(words, row, 2);
        Floats inverses = memory.at(words, row, 3);
        Floats outGradients = memory.at(words, row, 4);
        Floats gradients = memory.at(words, row, 6);
        Floats residual = memory.at(words, row, 5);
        int firstRow = k.groupIdx * 8;
        int inBlock = lane / 16;
        int own = lane - inBlock * 16;
        int start = (firstRow + inBlock) * width;
        int seen = 0;
        if (firstRow + inBlock < live) {
            seen = width;
        }
        float sum = 0f;
        for (int c = own; c < seen; c += 16) {
            sum += weight.get(c) * outGradients.get(start + c) * xs.get(start + c);
        }
        sums[lane] = sum;
        for (int stride = 8; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (own < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        k.localBarrier();
        int rows = live - firstRow;
        if (rows > 8) {
            rows = 8;
        }
        int columns = 0;
        if (rows > 0) {
            columns = width;
        }
        for (int c = lane; c < columns; c += 128) {
            float w = weight.get(c);
            float part = 0f;
            for (int r = 0; r < rows; r++) {
                int at = (firstRow + r) * width + c;
                float inverse = inverses.get(firstRow + r);
                float x = xs.get(at);
                float outGradient = outGradients.get(at);
                float scale = inverse * inverse * (sums[r * 16] / width);
                float gradient = inverse * (w * outGradient - x * scale);
                if (residual.isThere()) {
                    gradient = gradient + residual.get(at);
                }
                gradients.set(at, gradient);
                part += outGradient * x * inverse;
            }
            memory.at(words, row, 11).set(k.groupIdx * width + c, part);
        }
    }

    /** Arguments: the parts, gradient of weight, rows, width, count, first. A group sums the parts of 16 columns. */
    static void rmsNormWeightGradient(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] sums = k.allocateFloatLocalArray(256);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int c = k.globalIdx;
        int parts = (Arguments.live(words, words.get(row + 5), words.get(row + 6), words.get(row + 3)) + 7) / 8;
        int width = words.get(row + 4);
        float sum = 0f;
        if (c < width) {
            for (int n = ly; n < parts; n += 16) {
                sum += memory.at(words, row, 1).get(n * width + c);
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
            Floats at = memory.at(words, row, 2).from(c);
            at.set(0, at.get(0) + sums[lx]);
        }
    }

    /**
     * Arguments: ids, gradient of out, gradient of table, rows, width. The groups of the first row of an id, each for
     * 128 columns, add all rows of that id, in their order.
     */
    static void embedBackward(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int[] tile = k.allocateIntLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int ids = words.get(row + 1);
        int rows = words.get(row + 4);
        int width = words.get(row + 5);
        int end = rows;
        int before = n;
        int id = 0;
        if (n < rows) {
            id = words.get(ids + n);
        } else {
            end = 0;
            before = 0;
        }
        int c = k.groupIdy * 128 + lane;
        int earlier = 0;
        for (int m = lane; m < before; m += 128) {
            if (words.get(ids + m) == id) {
                earlier = 1;
            }
        }
        tile[lane] = earlier;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                tile[lane] = tile[lane] + tile[lane + stride];
            }
        }
        k.localBarrier();
        if (tile[0] > 0) {
            end = 0;
        }
        float sum = 0f;
        for (int start = n; start < end; start += 128) {
            int other = -1;
            if (start + lane < rows) {
                other = words.get(ids + start + lane);
            }
            k.localBarrier();
            tile[lane] = other;
            k.localBarrier();
            if (c < width) {
                // Eight at a time, as else each would wait for the one before it on its way from memory.
                Floats gradients = memory.at(words, row, 2);
                int at = start * width + c;
                for (int j = 0; j < 128; j += 8) {
                    int first = at + j * width;
                    float x0 = ofId(gradients, first, tile[j], id);
                    float x1 = ofId(gradients, first + width, tile[j + 1], id);
                    float x2 = ofId(gradients, first + 2 * width, tile[j + 2], id);
                    float x3 = ofId(gradients, first + 3 * width, tile[j + 3], id);
                    float x4 = ofId(gradients, first + 4 * width, tile[j + 4], id);
                    float x5 = ofId(gradients, first + 5 * width, tile[j + 5], id);
                    float x6 = ofId(gradients, first + 6 * width, tile[j + 6], id);
                    float x7 = ofId(gradients, first + 7 * width, tile[j + 7], id);
                    sum = sum + x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7;
                }
            }
        }
        if (end > 0 && c < width) {
            Floats at = memory.at(words, row, 3).from(id * width + c);
            at.set(0, at.get(0) + sum);
        }
    }

    private static float ofId(Floats gradients, int at, int other, int id) {
        float x = 0f;
        if (other == id) {
            x = gradients.get(at);
        }
        return x;
    }

    /** Arguments: logits, targets, losses, log-sum-exp, rows, width, count, first. */
    static void crossEntropy(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] parts = k.allocateFloatLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 6);
        int first = words.get(row + 8);
        int live = Arguments.live(words, words.get(row + 7), first, words.get(row + 5));
        Floats logits = memory.at(words, row, 1).from(n * width);
        int seen = 0;
        if (n < live) {
            seen = width;
        }
        float max = LOWEST;
        for (int v = lane; v < seen; v += 128) {
            max = TornadoMath.max(max, logits.get(v));
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
            sum += TornadoMath.exp(logits.get(v) - max);
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
            float target = logits.get(words.get(words.get(row + 2) + entry));
            memory.at(words, row, 3).set(entry, logSumExp - target);
            memory.at(words, row, 4).set(entry, logSumExp);
        }
    }
}
