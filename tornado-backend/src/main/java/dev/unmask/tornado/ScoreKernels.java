package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Kernels that go over a piece of the scores of attention, between the products of {@link AttentionProducts}; a group
 * of threads for each query of a head. See {@link Arguments} for how they find their operands.
 *
 * <p>Arguments of both: 1 scores, 2 log-sum-exp, 3 heads, 4 heads of the piece, 5 size, 6 queries of a sequence, 7 keys
 * of a sequence, 8 whether causal, 9 lengths or none, 10 first sequence, 11 first head, 12 first query, 13 queries of
 * the piece, 14 delta, 15 gradient of scores.
 */
final class ScoreKernels {
    /** Threads of a group; the local arrays below are this long. */
    static final int GROUP = 128;

    private static final int HALF_GROUP = 64;
    private static final float LOWEST = -3.0e38f;

    private ScoreKernels() {}

    /** Keys that a query of a sequence sees. */
    private static int seen(IntArray words, int row, int sequence, int query) {
        int keys = words.get(row + 7);
        int lengths = words.get(row + 9);
        if (lengths >= 0) {
            keys = words.get(lengths + sequence);
        }
        if (words.get(row + 8) == 1) {
            keys = Math.max(0, Math.min(keys, keys - words.get(row + 6) + query + 1));
        }
        return keys;
    }

    /** Scores become weights, which sum to one; those of keys that are not seen become zero. */
    static void weights(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, k.globalIdy);
        float[] parts = k.allocateFloatLocalArray(128);
        float[] scores = k.allocateFloatLocalArray(2048);
        int lane = k.localIdx;
        int heads = words.get(row + 4);
        int inPiece = k.groupIdy / heads;
        int sequence = words.get(row + 10) + inPiece;
        int head = words.get(row + 11) + k.groupIdy - inPiece * heads;
        int query = words.get(row + 12) + k.groupIdx;
        int keys = words.get(row + 7);
        int seen = seen(words, row, sequence, query);
        int at = words.get(row + 1) + (k.groupIdy * words.get(row + 13) + k.groupIdx) * keys;
        float scale = 1f / TornadoMath.sqrt((float) words.get(row + 5));
        // What fits stays at hand, so that it is read and written once.
        float max = LOWEST;
        for (int c = lane; c < seen; c += 128) {
            float score = memory.get(at + c) * scale;
            if (c < 2048) {
                scores[c] = score;
            }
            max = TornadoMath.max(max, score);
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
        for (int c = lane; c < seen; c += 128) {
            float weight = 0f;
            if (c < 2048) {
                weight = TornadoMath.exp(scores[c] - max);
                scores[c] = weight;
            } else {
                weight = TornadoMath.exp(memory.get(at + c) * scale - max);
                memory.set(at + c, weight);
            }
            sum += weight;
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
        if (seen > 0) {
            inverse = 1f / parts[0];
        }
        for (int c = lane; c < keys; c += 128) {
            float weight = 0f;
            if (c < seen) {
                if (c < 2048) {
                    weight = scores[c] * inverse;
                } else {
                    weight = memory.get(at + c) * inverse;
                }
            }
            memory.set(at + c, weight);
        }
        if (lane == 0) {
            // Without a key the logarithm of zero, negative infinity.
            int statistic = (sequence * words.get(row + 3) + head) * words.get(row + 6) + query;
            memory.set(words.get(row + 2) + statistic, max + TornadoMath.log(parts[0]));
        }
    }

    /** Scores become weights, and the gradients of weights become those of scores. */
    static void gradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, k.globalIdy);
        int lane = k.localIdx;
        int heads = words.get(row + 4);
        int inPiece = k.groupIdy / heads;
        int sequence = words.get(row + 10) + inPiece;
        int head = words.get(row + 11) + k.groupIdy - inPiece * heads;
        int query = words.get(row + 12) + k.groupIdx;
        int keys = words.get(row + 7);
        int seen = seen(words, row, sequence, query);
        int from = (k.groupIdy * words.get(row + 13) + k.groupIdx) * keys;
        int at = words.get(row + 1) + from;
        int gradientAt = words.get(row + 15) + from;
        int statistic = (sequence * words.get(row + 3) + head) * words.get(row + 6) + query;
        float scale = 1f / TornadoMath.sqrt((float) words.get(row + 5));
        float logSumExp = memory.get(words.get(row + 2) + statistic);
        float delta = memory.get(words.get(row + 14) + statistic);
        // Two at a time, so that more is read at once.
        for (int c = lane; c < keys; c += 256) {
            int d = c + 128;
            float weight = 0f;
            float gradient = 0f;
            float otherWeight = 0f;
            float otherGradient = 0f;
            if (c < seen) {
                weight = memory.get(at + c);
                gradient = memory.get(gradientAt + c);
            }
            if (d < seen) {
                otherWeight = memory.get(at + d);
                otherGradient = memory.get(gradientAt + d);
            }
            if (c < seen) {
                weight = TornadoMath.exp(weight * scale - logSumExp);
                gradient = weight * (gradient - delta) * scale;
            }
            if (d < seen) {
                otherWeight = TornadoMath.exp(otherWeight * scale - logSumExp);
                otherGradient = otherWeight * (otherGradient - delta) * scale;
            }
            memory.set(at + c, weight);
            memory.set(gradientAt + c, gradient);
            if (d < keys) {
                memory.set(at + d, otherWeight);
                memory.set(gradientAt + d, otherGradient);
            }
        }
    }
}
