package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention and its gradient on a device, in tiles of 16 queries × 16 keys in local memory, with the running maximum
 * and sum of online softmax (Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv 2205.14135). See {@link
 * Arguments} for how they find their operands.
 *
 * <p>In bfloat16 the factors that come from memory are rounded, weights and gradients of scores are not: that would
 * take float64 arithmetic, as {@link MatrixKernels#rounded} needs it, for each pair of a query and a key.
 *
 * <p>Arguments of all four: 1 queries, 2 keys and values, 3 lengths or none, 4 out, 5 log-sum-exp, 6 heads, 7 groups, 8
 * size, 9 queries of a sequence, 10 keys of a sequence, 11 whether causal, 12 whether to round to bfloat16, 13 gradient
 * of out, 14 delta, 15 gradient of fused rows, 16 batch.
 */
final class AttentionKernels {
    /** Queries, and keys, of a tile; threads of a group in each direction. */
    static final int TILE = 16;

    /** Largest head: more would not fit into the local memory that every device has. */
    static final int MAX_SIZE = 128;

    private static final float LOWEST = -3.0e38f;

    private AttentionKernels() {}

    private static int keys(int causal, int length, int queries, int query) {
        int keys = length;
        if (causal == 1) {
            keys = Math.max(0, Math.min(length, length - queries + query + 1));
        }
        return keys;
    }

    /** A group computes 16 queries of one head; a thread row is a query. Rows in local memory lie 129 apart. */
    static void forward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, k.globalIdy);
        float[] qs = k.allocateFloatLocalArray(2064);
        float[] ks = k.allocateFloatLocalArray(2064);
        float[] vs = k.allocateFloatLocalArray(2064);
        float[] os = k.allocateFloatLocalArray(2064);
        float[] scores = k.allocateFloatLocalArray(256);
        float[] weights = k.allocateFloatLocalArray(256);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int heads = words.get(row + 6);
        int perGroup = heads / words.get(row + 7);
        int size = words.get(row + 8);
        int tq = words.get(row + 9);
        int tk = words.get(row + 10);
        int causal = words.get(row + 11);
        int rounding = words.get(row + 12);
        int b = k.groupIdy / heads;
        int h = k.groupIdy - b * heads;
        int group = h / perGroup;
        int fusedWidth = (heads + 2 * words.get(row + 7)) * size;
        int keyColumn = (group * (perGroup + 2) + perGroup) * size;
        int queryColumn = (group * (perGroup + 2) + h - group * perGroup) * size;
        int length = tk;
        if (words.get(row + 3) >= 0) {
            length = words.get(words.get(row + 3) + b);
        }
        int query = k.groupIdx * 16 + ly;
        int queryAt = words.get(row + 1) + (b * tq + query) * fusedWidth + queryColumn;
        int seen = 0;
        if (query < tq) {
            seen = keys(causal, length, tq, query);
        }
        for (int c = lx; c < size; c += 16) {
            float value = 0f;
            if (query < tq) {
                value = memory.get(queryAt + c);
            }
            qs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
            os[ly * 129 + c] = 0f;
        }
        int mostKeys = keys(causal, length, tq, Math.min(tq - 1, k.groupIdx * 16 + 15));
        float scale = 1f / TornadoMath.sqrt((float) size);
        float max = LOWEST;
        float sum = 0f;
        for (int start = 0; start < mostKeys; start += 16) {
            int keyAt = words.get(row + 2) + (b * tk + start + ly) * fusedWidth + keyColumn;
            k.localBarrier();
            for (int c = lx; c < size; c += 16) {
                float key = 0f;
                float value = 0f;
                if (start + ly < mostKeys) {
                    key = memory.get(keyAt + c);
                    value = memory.get(keyAt + size + c);
                }
                ks[ly * 129 + c] = MatrixKernels.rounded(key, rounding);
                vs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
            }
            k.localBarrier();
            float score = LOWEST;
            if (start + lx < seen) {
                float dot = 0f;
                for (int c = 0; c < size; c++) {
                    dot += qs[ly * 129 + c] * ks[lx * 129 + c];
                }
                score = dot * scale;
            }
            scores[ly * 16 + lx] = score;
            k.localBarrier();
            float newMax = max;
            for (int t = 0; t < 16; t++) {
                newMax = TornadoMath.max(newMax, scores[ly * 16 + t]);
            }
            float weight = 0f;
            if (start + lx < seen) {
                weight = TornadoMath.exp(score - newMax);
            }
            weights[ly * 16 + lx] = weight;
            k.localBarrier();
            float correction = TornadoMath.exp(max - newMax);
            float part = 0f;
            for (int t = 0; t < 16; t++) {
                part += weights[ly * 16 + t];
            }
            sum = sum * correction + part;
            for (int c = lx; c < size; c += 16) {
                float out = 0f;
                for (int t = 0; t < 16; t++) {
                    out += weights[ly * 16 + t] * vs[t * 129 + c];
                }
                os[ly * 129 + c] = os[ly * 129 + c] * correction + out;
            }
            max = newMax;
        }
        if (query < tq) {
            float inverse = 0f;
            if (seen > 0) {
                inverse = 1f / sum;
            }
            int outAt = words.get(row + 4) + ((b * tq + query) * heads + h) * size;
            for (int c = lx; c < size; c += 16) {
                memory.set(outAt + c, os[ly * 129 + c] * inverse);
            }
            if (lx == 0) {
                // Without a key the logarithm of zero, negative infinity.
                memory.set(words.get(row + 5) + k.groupIdy * tq + query, max + TornadoMath.log(sum));
            }
        }
    }

    /** {@code D = rowsum(dO ∘ O)}; a thread a query of a head. */
    static void delta(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int heads = words.get(row + 6);
        int size = words.get(row + 8);
        int t = words.get(row + 9);
        if (i < words.get(row + 16) * heads * t) {
            int bh = i / t;
            int b = bh / heads;
            int at = ((b * t + i - bh * t) * heads + bh - b * heads) * size;
            float sum = 0f;
            for (int c = 0; c < size; c++) {
                sum += memory.get(words.get(row + 13) + at + c) * memory.get(words.get(row + 4) + at + c);
            }
            memory.set(words.get(row + 14) + i, sum);
        }
    }

    /** The gradient of 16 queries of one head; a thread row is a query. */
    static void queryGradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, k.globalIdy);
        float[] qs = k.allocateFloatLocalArray(2064);
        float[] gs = k.allocateFloatLocalArray(2064);
        float[] ks = k.allocateFloatLocalArray(2064);
        float[] vs = k.allocateFloatLocalArray(2064);
        float[] ds = k.allocateFloatLocalArray(2064);
        float[] parts = k.allocateFloatLocalArray(256);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int heads = words.get(row + 6);
        int perGroup = heads / words.get(row + 7);
        int size = words.get(row + 8);
        int length = words.get(row + 9);
        int tokens = length;
        int causal = words.get(row + 11);
        int rounding = words.get(row + 12);
        int b = k.groupIdy / heads;
        int h = k.groupIdy - b * heads;
        int group = h / perGroup;
        int fusedWidth = (heads + 2 * words.get(row + 7)) * size;
        int keyColumn = (group * (perGroup + 2) + perGroup) * size;
        int queryColumn = (group * (perGroup + 2) + h - group * perGroup) * size;
        if (words.get(row + 3) >= 0) {
            length = words.get(words.get(row + 3) + b);
        }
        int query = k.groupIdx * 16 + ly;
        int queryAt = (b * tokens + query) * fusedWidth + queryColumn;
        int outAt = words.get(row + 13) + ((b * tokens + query) * heads + h) * size;
        int seen = 0;
        float logSumExp = 0f;
        float delta = 0f;
        if (query < tokens) {
            seen = keys(causal, length, tokens, query);
            logSumExp = memory.get(words.get(row + 5) + k.groupIdy * tokens + query);
            delta = memory.get(words.get(row + 14) + k.groupIdy * tokens + query);
        }
        for (int c = lx; c < size; c += 16) {
            float value = 0f;
            float gradient = 0f;
            if (query < tokens) {
                value = memory.get(words.get(row + 1) + queryAt + c);
                gradient = memory.get(outAt + c);
            }
            qs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
            gs[ly * 129 + c] = MatrixKernels.rounded(gradient, rounding);
            ds[ly * 129 + c] = 0f;
        }
        int mostKeys = keys(causal, length, tokens, Math.min(tokens - 1, k.groupIdx * 16 + 15));
        float scale = 1f / TornadoMath.sqrt((float) size);
        for (int start = 0; start < mostKeys; start += 16) {
            int keyAt = words.get(row + 1) + (b * tokens + start + ly) * fusedWidth + keyColumn;
            k.localBarrier();
            for (int c = lx; c < size; c += 16) {
                float key = 0f;
                float value = 0f;
                if (start + ly < mostKeys) {
                    key = memory.get(keyAt + c);
                    value = memory.get(keyAt + size + c);
                }
                ks[ly * 129 + c] = MatrixKernels.rounded(key, rounding);
                vs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
            }
            k.localBarrier();
            float part = 0f;
            if (start + lx < seen) {
                float score = 0f;
                float weightGradient = 0f;
                for (int c = 0; c < size; c++) {
                    score += qs[ly * 129 + c] * ks[lx * 129 + c];
                    weightGradient += gs[ly * 129 + c] * vs[lx * 129 + c];
                }
                part = TornadoMath.exp(score * scale - logSumExp) * (weightGradient - delta) * scale;
            }
            parts[ly * 16 + lx] = part;
            k.localBarrier();
            for (int c = lx; c < size; c += 16) {
                float sum = ds[ly * 129 + c];
                for (int t = 0; t < 16; t++) {
                    sum += parts[ly * 16 + t] * ks[t * 129 + c];
                }
                ds[ly * 129 + c] = sum;
            }
        }
        if (query < tokens) {
            for (int c = lx; c < size; c += 16) {
                memory.set(words.get(row + 15) + queryAt + c, ds[ly * 129 + c]);
            }
        }
    }

    /** The gradients of 16 keys and values of one group; a thread row is a key. They grow in the result itself. */
    static void keyValueGradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, k.globalIdy);
        float[] qs = k.allocateFloatLocalArray(2064);
        float[] gs = k.allocateFloatLocalArray(2064);
        float[] ks = k.allocateFloatLocalArray(2064);
        float[] vs = k.allocateFloatLocalArray(2064);
        float[] weights = k.allocateFloatLocalArray(256);
        float[] parts = k.allocateFloatLocalArray(256);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int heads = words.get(row + 6);
        int groups = words.get(row + 7);
        int perGroup = heads / groups;
        int size = words.get(row + 8);
        int length = words.get(row + 9);
        int tokens = length;
        int causal = words.get(row + 11);
        int rounding = words.get(row + 12);
        int b = k.groupIdy / groups;
        int group = k.groupIdy - b * groups;
        int fusedWidth = (heads + 2 * groups) * size;
        int groupColumn = group * (perGroup + 2) * size;
        if (words.get(row + 3) >= 0) {
            length = words.get(words.get(row + 3) + b);
        }
        int key = k.groupIdx * 16 + ly;
        int keyAt = (b * tokens + key) * fusedWidth + groupColumn + perGroup * size;
        int to = words.get(row + 15) + keyAt;
        for (int c = lx; c < size; c += 16) {
            float keyValue = 0f;
            float value = 0f;
            if (key < tokens) {
                keyValue = memory.get(words.get(row + 1) + keyAt + c);
                value = memory.get(words.get(row + 1) + keyAt + size + c);
                memory.set(to + c, 0f);
                memory.set(to + size + c, 0f);
            }
            ks[ly * 129 + c] = MatrixKernels.rounded(keyValue, rounding);
            vs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
        }
        float scale = 1f / TornadoMath.sqrt((float) size);
        int tiles = (tokens + 15) / 16;
        for (int tile = 0; tile < perGroup * tiles; tile++) {
            int inGroup = tile / tiles;
            int start = (tile - inGroup * tiles) * 16;
            int h = group * perGroup + inGroup;
            int query = start + ly;
            k.localBarrier();
            for (int c = lx; c < size; c += 16) {
                float value = 0f;
                float gradient = 0f;
                if (query < tokens) {
                    value =
                            memory.get(
                                    words.get(row + 1)
                                            + (b * tokens + query) * fusedWidth
                                            + groupColumn
                                            + inGroup * size
                                            + c);
                    gradient = memory.get(words.get(row + 13) + ((b * tokens + query) * heads + h) * size + c);
                }
                qs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
                gs[ly * 129 + c] = MatrixKernels.rounded(gradient, rounding);
            }
            k.localBarrier();
            float weight = 0f;
            float part = 0f;
            if (start + lx < tokens && key < keys(causal, length, tokens, start + lx)) {
                float score = 0f;
                float weightGradient = 0f;
                for (int c = 0; c < size; c++) {
                    score += ks[ly * 129 + c] * qs[lx * 129 + c];
                    weightGradient += vs[ly * 129 + c] * gs[lx * 129 + c];
                }
                int statistic = (b * heads + h) * tokens + start + lx;
                weight = TornadoMath.exp(score * scale - memory.get(words.get(row + 5) + statistic));
                part = weight * (weightGradient - memory.get(words.get(row + 14) + statistic)) * scale;
            }
            weights[ly * 16 + lx] = weight;
            parts[ly * 16 + lx] = part;
            k.localBarrier();
            if (key < tokens) {
                for (int c = lx; c < size; c += 16) {
                    float keySum = memory.get(to + c);
                    float valueSum = memory.get(to + size + c);
                    for (int t = 0; t < 16; t++) {
                        keySum += parts[ly * 16 + t] * qs[t * 129 + c];
                        valueSum += weights[ly * 16 + t] * gs[t * 129 + c];
                    }
                    memory.set(to + c, keySum);
                    memory.set(to + size + c, valueSum);
                }
            }
        }
    }
}
