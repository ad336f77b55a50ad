package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention on a device, in tiles of 16 queries × 16 keys in local memory, with the running maximum and sum of online
 * softmax (Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv 2205.14135). See {@link Arguments} for how it
 * finds its operands.
 *
 * <p>In bfloat16 the factors that come from memory are rounded, weights and gradients of scores are not: that would
 * take float64 arithmetic, as {@link MatrixKernels#rounded} needs it, for each pair of a query and a key.
 *
 * <p>Arguments, also of {@link AttentionGradientKernels}: 1 places of heads, 2 keys seen or none, 3 out, 4 log-sum-exp,
 * 5 heads, 6 groups, 7 size, 8 queries of a sequence, 9 keys of a sequence, 10 whether to round to bfloat16, 11
 * gradient of out, 12 delta, 13 batch.
 *
 * <p>Which group it is, a thread tells from its own place: where a group's number is used twice and something is
 * divided, TornadoVM 5.2.0 cannot compile a method that is called.
 *
 * <p>The places are {@link #PLACE} words each, of queries, keys, values, then of their gradients: address of the first
 * head, elements of a row, heads that lie side by side, elements from where such a run begins to where the next does,
 * and which array of floats.
 */
final class AttentionKernels {
    /** Queries, and keys, of a tile; threads of a group in each direction. */
    static final int TILE = 16;

    /** Largest head: more would not fit into the local memory that every device has. */
    static final int MAX_SIZE = 128;

    /** Words that say where heads are. */
    static final int PLACE = 5;

    private static final float LOWEST = -3.0e38f;

    private AttentionKernels() {}

    /** A head of a row; {@code places} is the address of the words that say where. */
    static Floats at(Banks memory, IntArray words, int places, int row, int head, int size) {
        int run = words.get(places + 2);
        int inRun = head / run;
        return memory.of(words.get(places + 4), words.get(places))
                .from(row * words.get(places + 1) + inRun * words.get(places + 3) + (head - inRun * run) * size);
    }

    /** A group computes 16 queries of one head; a thread row is a query. Rows in local memory lie 129 apart. */
    static void forward(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] qs = k.allocateFloatLocalArray(2064);
        float[] ks = k.allocateFloatLocalArray(2064);
        float[] vs = k.allocateFloatLocalArray(2064);
        float[] os = k.allocateFloatLocalArray(2064);
        float[] scores = k.allocateFloatLocalArray(256);
        float[] weights = k.allocateFloatLocalArray(256);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int place = k.globalIdy / 16;
        int tileStart = k.globalIdx - lx;
        int heads = words.get(row + 5);
        int groups = words.get(row + 6);
        int size = words.get(row + 7);
        int tq = words.get(row + 8);
        int tk = words.get(row + 9);
        int rounding = words.get(row + 10);
        int places = words.get(row + 1);
        int ranges = words.get(row + 2);
        int b = place / heads;
        int h = place - b * heads;
        int group = h / (heads / groups);
        int query = tileStart + ly;
        Floats queryAt = at(memory, words, places, b * tq + query, h, size);
        int first = 0;
        int end = 0;
        int second = 0;
        int secondEnd = 0;
        if (query < tq) {
            first = SeenKeys.first(words, ranges, b * tq + query, 0, tk);
            end = SeenKeys.end(words, ranges, b * tq + query, 0, tk);
            second = SeenKeys.first(words, ranges, b * tq + query, 1, tk);
            secondEnd = SeenKeys.end(words, ranges, b * tq + query, 1, tk);
        }
        for (int c = lx; c < size; c += 16) {
            float value = 0f;
            if (query < tq) {
                value = queryAt.get(c);
            }
            qs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
            os[ly * 129 + c] = 0f;
        }
        int tile = b * tq + tileStart;
        int there = Math.min(16, tq - tileStart);
        int low = SeenKeys.low(words, ranges, tile, there, 0, tk);
        int high = SeenKeys.high(words, ranges, tile, there, 0, tk);
        int secondLow = SeenKeys.low(words, ranges, tile, there, 1, tk);
        int secondHigh = SeenKeys.high(words, ranges, tile, there, 1, tk);
        int mostKeys = Math.max(high, secondHigh);
        float scale = 1f / TornadoMath.sqrt((float) size);
        float max = LOWEST;
        float sum = 0f;
        int start = Math.min(low, secondLow) / 16 * 16;
        while (start < mostKeys) {
            Floats keyAt = at(memory, words, places + 5, b * tk + start + ly, group, size);
            Floats valueAt = at(memory, words, places + 10, b * tk + start + ly, group, size);
            k.localBarrier();
            for (int c = lx; c < size; c += 16) {
                float key = 0f;
                float value = 0f;
                if (start + ly < mostKeys) {
                    key = keyAt.get(c);
                    value = valueAt.get(c);
                }
                ks[ly * 129 + c] = MatrixKernels.rounded(key, rounding);
                vs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
            }
            k.localBarrier();
            float score = LOWEST;
            if (SeenKeys.within(start + lx, first, end, second, secondEnd) == 1) {
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
            if (SeenKeys.within(start + lx, first, end, second, secondEnd) == 1) {
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
            start = SeenKeys.next(start, low, high, secondLow, secondHigh);
        }
        if (query < tq) {
            float inverse = 0f;
            if (sum > 0f) {
                inverse = 1f / sum;
            }
            Floats outAt = memory.at(words, row, 3).from(((b * tq + query) * heads + h) * size);
            for (int c = lx; c < size; c += 16) {
                outAt.set(c, os[ly * 129 + c] * inverse);
            }
            if (lx == 0) {
                // Without a key the logarithm of zero, negative infinity.
                memory.at(words, row, 4).set(place * tq + query, max + TornadoMath.log(sum));
            }
        }
    }
}
