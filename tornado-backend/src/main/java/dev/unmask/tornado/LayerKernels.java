package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Device kernels of layer normalisation and of biases, made as those of {@link RowKernels}. */
final class LayerKernels {
    /** Threads of a group; the local arrays below are this long. */
    static final int GROUP = 128;

    private static final int HALF_GROUP = 64;

    private LayerKernels() {}

    /**
     * Arguments: 1 x, 2 weight, 3 address of epsilon, 4 out, 5 mean, 6 inverse deviation, 7 rows, 8 width, 9 count, 10
     * first.
     */
    static void layerNorm(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] sums = k.allocateFloatLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 8);
        int live = Arguments.live(words, words.get(row + 9), words.get(row + 10), words.get(row + 7));
        Floats x = memory.at(words, row, 1).from(n * width);
        Floats out = memory.at(words, row, 4).from(n * width);
        int seen = 0;
        if (n < live) {
            seen = width;
        }
        float sum = 0f;
        for (int c = lane; c < seen; c += 128) {
            sum += x.get(c);
        }
        sums[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                sums[lane] = sums[lane] + sums[lane + stride];
            }
        }
        k.localBarrier();
        float mean = sums[0] / width;
        k.localBarrier();
        sum = 0f;
        for (int c = lane; c < seen; c += 128) {
            float d = x.get(c) - mean;
            sum += d * d;
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
            out.set(c, memory.at(words, row, 2).get(c) * ((x.get(c) - mean) * inverse));
        }
        if (lane == 0 && n < live) {
            memory.at(words, row, 5).set(n, mean);
            memory.at(words, row, 6).set(n, inverse);
        }
    }

    /**
     * Arguments: 1 x, 2 weight, 3 mean, 4 inverse deviation, 5 gradient of out, 6 residual or none, 7 gradient of x, 8
     * rows, 9 width, 10 count, 11 first, 12 room for the parts. A group has 8 rows, sixteen threads each; it leaves
     * their part of the gradient of the weight.
     */
    static void layerNormBackward(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] pulls = k.allocateFloatLocalArray(128);
        float[] slopes = k.allocateFloatLocalArray(128);
        int lane = k.localIdx;
        int width = words.get(row + 9);
        int live = Arguments.live(words, words.get(row + 10), words.get(row + 11), words.get(row + 8));
        Floats xs = memory.at(words, row, 1);
        Floats weight = memory.at(words, row, 2);
        Floats means = memory.at(words, row, 3);
        Floats inverses = memory.at(words, row, 4);
        Floats outGradients = memory.at(words, row, 5);
        Floats residual = memory.at(words, row, 6);
        Floats gradients = memory.at(words, row, 7);
        int firstRow = k.groupIdx * 8;
        int inBlock = lane / 16;
        int own = lane - inBlock * 16;
        int start = (firstRow + inBlock) * width;
        int seen = 0;
        float ownMean = 0f;
        float ownInverse = 0f;
        if (firstRow + inBlock < live) {
            seen = width;
            ownMean = means.get(firstRow + inBlock);
            ownInverse = inverses.get(firstRow + inBlock);
        }
        float pull = 0f;
        float slope = 0f;
        for (int c = own; c < seen; c += 16) {
            float g = weight.get(c) * outGradients.get(start + c);
            pull += g;
            slope += g * ((xs.get(start + c) - ownMean) * ownInverse);
        }
        pulls[lane] = pull;
        slopes[lane] = slope;
        for (int stride = 8; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (own < stride) {
                pulls[lane] = pulls[lane] + pulls[lane + stride];
                slopes[lane] = slopes[lane] + slopes[lane + stride];
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
                float u = (xs.get(at) - means.get(firstRow + r)) * inverse;
                float outGradient = outGradients.get(at);
                float gradient = inverse * (w * outGradient - pulls[r * 16] / width - u * (slopes[r * 16] / width));
                if (residual.isThere()) {
                    gradient = gradient + residual.get(at);
                }
                gradients.set(at, gradient);
                part += outGradient * u;
            }
            memory.at(words, row, 12).set(k.groupIdx * width + c, part);
        }
    }

    /** Arguments: x, sums, rows, width, count, first. A group sums the rows of 16 columns. */
    static void sumRows(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] sums = k.allocateFloatLocalArray(256);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int c = k.globalIdx;
        int live = Arguments.live(words, words.get(row + 5), words.get(row + 6), words.get(row + 3));
        int width = words.get(row + 4);
        float sum = 0f;
        if (c < width) {
            for (int n = ly; n < live; n += 16) {
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
}
