package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Kernels that go over a piece of the scores of attention, between the products of {@link AttentionProducts}; a group
 * of threads for each query of a head. See {@link Arguments} for how they find their operands.
 *
 * <p>Arguments of both: 1 scores, 2 log-sum-exp, 3 heads, 4 heads of the piece, 5 size, 6 queries of a sequence, 7 keys
 * of a sequence, 8 keys seen or none, 9 first sequence, 10 first head, 11 first query, 12 queries of the piece, 13
 * delta, 14 gradient of scores.
 */
final class ScoreKernels {
    /** Threads of a group; the local arrays below are this long. */
    static final int GROUP = 128;

    private static final int HALF_GROUP = 64;
    private static final float LOWEST = -3.0e38f;

    private ScoreKernels() {}

    /** Scores become weights, which sum to one; those of keys that are not seen become zero. */
    static void weights(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] parts = k.allocateFloatLocalArray(128);
        float[] scores = k.allocateFloatLocalArray(2048);
        int lane = k.localIdx;
        int heads = words.get(row + 4);
        int inPiece = k.groupIdy / heads;
        int sequence = words.get(row + 9) + inPiece;
        int head = words.get(row + 10) + k.groupIdy - inPiece * heads;
        int query = words.get(row + 11) + k.groupIdx;
        int keys = words.get(row + 7);
        int ranges = words.get(row + 8);
        int isQuery = 1;
        if (k.groupIdx >= words.get(row + 12)) {
            isQuery = 0;
            keys = 0;
            ranges = Arguments.NONE;
        }
        int rowOfQuery = sequence * words.get(row + 6) + query;
        int first = SeenKeys.first(words, ranges, rowOfQuery, 0, keys);
        int end = SeenKeys.end(words, ranges, rowOfQuery, 0, keys);
        int second = SeenKeys.first(words, ranges, rowOfQuery, 1, keys);
        int secondEnd = SeenKeys.end(words, ranges, rowOfQuery, 1, keys);
        Floats at = memory.at(words, row, 1).from((k.groupIdy * words.get(row + 12) + k.groupIdx) * keys);
        float scale = 1f / TornadoMath.sqrt((float) words.get(row + 5));
        int last = Math.max(end, secondEnd);
        // What fits stays at hand, so that it is read and written once.
        float max = LOWEST;
        for (int c = lane; c < last; c += 128) {
            if (SeenKeys.within(c, first, end, second, secondEnd) == 1) {
                float score = at.get(c) * scale;
                if (c < 2048) {
                    scores[c] = score;
                }
                max = TornadoMath.max(max, score);
            }
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
        for (int c = lane; c < last; c += 128) {
            if (SeenKeys.within(c, first, end, second, secondEnd) == 1) {
                float weight = 0f;
                if (c < 2048) {
                    weight = TornadoMath.exp(scores[c] - max);
                    scores[c] = weight;
                } else {
                    weight = TornadoMath.exp(at.get(c) * scale - max);
                    at.set(c, weight);
                }
                sum += weight;
            }
        }
        parts[lane] = sum;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                parts[lane] = parts[lane] + parts[lane + stride];
            }
        }
        k.localBarrier();
        float inverse = 0f;
        if (parts[0] > 0f) {
            inverse = 1f / parts[0];
        }
        for (int c = lane; c < keys; c += 128) {
            float weight = 0f;
            if (SeenKeys.within(c, first, end, second, secondEnd) == 1) {
                if (c < 2048) {
                    weight = scores[c] * inverse;
                } else {
                    weight = at.get(c) * inverse;
                }
            }
            at.set(c, weight);
        }
        if (lane == 0 && isQuery == 1) {
            // Without a key the logarithm of zero, negative infinity.
            int statistic = (sequence * words.get(row + 3) + head) * words.get(row + 6) + query;
            memory.at(words, row, 2).set(statistic, max + TornadoMath.log(parts[0]));
        }
    }

    /** Scores become weights, and the gradients of weights become those of scores. */
    static void gradient(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int lane = k.localIdx;
        int heads = words.get(row + 4);
        int inPiece = k.groupIdy / heads;
        int sequence = words.get(row + 9) + inPiece;
        int head = words.get(row + 10) + k.groupIdy - inPiece * heads;
        int query = words.get(row + 11) + k.groupIdx;
        int keys = words.get(row + 7);
        int ranges = words.get(row + 8);
        int isQuery = 1;
        if (k.groupIdx >= words.get(row + 12)) {
            isQuery = 0;
            keys = 0;
            ranges = Arguments.NONE;
        }
        int rowOfQuery = sequence * words.get(row + 6) + query;
        int first = SeenKeys.first(words, ranges, rowOfQuery, 0, keys);
        int end = SeenKeys.end(words, ranges, rowOfQuery, 0, keys);
        int second = SeenKeys.first(words, ranges, rowOfQuery, 1, keys);
        int secondEnd = SeenKeys.end(words, ranges, rowOfQuery, 1, keys);
        int from = (k.groupIdy * words.get(row + 12) + k.groupIdx) * keys;
        Floats at = memory.at(words, row, 1).from(from);
        Floats gradientAt = memory.at(words, row, 14).from(from);
        int statistic = (sequence * words.get(row + 3) + head) * words.get(row + 6) + query;
        float scale = 1f / TornadoMath.sqrt((float) words.get(row + 5));
        float logSumExp = 0f;
        float delta = 0f;
        if (isQuery == 1) {
            logSumExp = memory.at(words, row, 2).get(statistic);
            delta = memory.at(words, row, 13).get(statistic);
        }
        // Two at a time, so that more is read at once.
        for (int c = lane; c < keys; c += 256) {
            int d = c + 128;
            float weight = 0f;
            float gradient = 0f;
            float otherWeight = 0f;
            float otherGradient = 0f;
            int seen = SeenKeys.within(c, first, end, second, secondEnd);
            int otherSeen = SeenKeys.within(d, first, end, second, secondEnd);
            if (seen == 1) {
                weight = at.get(c);
                gradient = gradientAt.get(c);
            }
            if (otherSeen == 1) {
                otherWeight = at.get(d);
                otherGradient = gradientAt.get(d);
            }
            if (seen == 1) {
                weight = TornadoMath.exp(weight * scale - logSumExp);
                gradient = weight * (gradient - delta) * scale;
            }
            if (otherSeen == 1) {
                otherWeight = TornadoMath.exp(otherWeight * scale - logSumExp);
                otherGradient = otherWeight * (otherGradient - delta) * scale;
            }
            at.set(c, weight);
            gradientAt.set(c, gradient);
            if (d < keys) {
                at.set(d, otherWeight);
                gradientAt.set(d, otherGradient);
            }
        }
    }
}
