package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The gradient of attention on a device, with the tiles and the arguments of {@link AttentionKernels}. */
final class AttentionGradientKernels {
    private AttentionGradientKernels() {}

    /** {@code D = rowsum(dO ∘ O)}; a thread a query of a head. */
    static void delta(KernelContext k, Banks memory, IntArray words) {
        int i = k.globalIdx;
        int row = Arguments.row(k, words);
        int heads = words.get(row + 5);
        int size = words.get(row + 7);
        int t = words.get(row + 8);
        if (i < words.get(row + 13) * heads * t) {
            int bh = i / t;
            int b = bh / heads;
            int at = ((b * t + i - bh * t) * heads + bh - b * heads) * size;
            float sum = 0f;
            for (int c = 0; c < size; c++) {
                sum += memory.at(words, row, 11).get(at + c) * memory.at(words, row, 3).get(at + c);
            }
            memory.at(words, row, 12).set(i, sum);
        }
    }

    /** The gradient of 16 queries of one head; a thread row is a query. */
    static void queryGradient(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] qs = k.allocateFloatLocalArray(2064);
        float[] gs = k.allocateFloatLocalArray(2064);
        float[] ks = k.allocateFloatLocalArray(2064);
        float[] vs = k.allocateFloatLocalArray(2064);
        float[] ds = k.allocateFloatLocalArray(2064);
        float[] parts = k.allocateFloatLocalArray(256);
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
        Floats queryAt = AttentionKernels.at(memory, words, places, b * tq + query, h, size);
        Floats outAt = memory.at(words, row, 11).from(((b * tq + query) * heads + h) * size);
        int first = 0;
        int end = 0;
        int second = 0;
        int secondEnd = 0;
        float logSumExp = 0f;
        float delta = 0f;
        if (query < tq) {
            first = SeenKeys.first(words, ranges, b * tq + query, 0, tk);
            end = SeenKeys.end(words, ranges, b * tq + query, 0, tk);
            second = SeenKeys.first(words, ranges, b * tq + query, 1, tk);
            secondEnd = SeenKeys.end(words, ranges, b * tq + query, 1, tk);
            logSumExp = memory.at(words, row, 4).get(place * tq + query);
            delta = memory.at(words, row, 12).get(place * tq + query);
        }
        for (int c = lx; c < size; c += 16) {
            float value = 0f;
            float gradient = 0f;
            if (query < tq) {
                value = queryAt.get(c);
                gradient = outAt.get(c);
            }
            qs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
            gs[ly * 129 + c] = MatrixKernels.rounded(gradient, rounding);
            ds[ly * 129 + c] = 0f;
        }
        int tile = b * tq + tileStart;
        int there = Math.min(16, tq - tileStart);
        int low = SeenKeys.low(words, ranges, tile, there, 0, tk);
        int high = SeenKeys.high(words, ranges, tile, there, 0, tk);
        int secondLow = SeenKeys.low(words, ranges, tile, there, 1, tk);
        int secondHigh = SeenKeys.high(words, ranges, tile, there, 1, tk);
        int mostKeys = Math.max(high, secondHigh);
        float scale = 1f / TornadoMath.sqrt((float) size);
        int start = Math.min(low, secondLow) / 16 * 16;
        while (start < mostKeys) {
            Floats keyAt = AttentionKernels.at(memory, words, places + 5, b * tk + start + ly, group, size);
            Floats valueAt = AttentionKernels.at(memory, words, places + 10, b * tk + start + ly, group, size);
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
            float part = 0f;
            if (SeenKeys.within(start + lx, first, end, second, secondEnd) == 1) {
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
            start = SeenKeys.next(start, low, high, secondLow, secondHigh);
        }
        if (query < tq) {
            Floats to = AttentionKernels.at(memory, words, places + 15, b * tq + query, h, size);
            for (int c = lx; c < size; c += 16) {
                to.set(c, ds[ly * 129 + c]);
            }
        }
    }

    /** The gradients of 16 keys and values of one group; a thread row is a key. They grow in the result itself. */
    static void keyValueGradient(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] qs = k.allocateFloatLocalArray(2064);
        float[] gs = k.allocateFloatLocalArray(2064);
        float[] ks = k.allocateFloatLocalArray(2064);
        float[] vs = k.allocateFloatLocalArray(2064);
        float[] weights = k.allocateFloatLocalArray(256);
        float[] parts = k.allocateFloatLocalArray(256);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int place = k.globalIdy / 16;
        int tileStart = k.globalIdx - lx;
        int heads = words.get(row + 5);
        int groups = words.get(row + 6);
        int perGroup = heads / groups;
        int size = words.get(row + 7);
        int tq = words.get(row + 8);
        int tk = words.get(row + 9);
        int rounding = words.get(row + 10);
        int places = words.get(row + 1);
        int ranges = words.get(row + 2);
        int b = place / groups;
        int group = place - b * groups;
        int key = tileStart + ly;
        Floats keyAt = AttentionKernels.at(memory, words, places + 5, b * tk + key, group, size);
        Floats valueAt = AttentionKernels.at(memory, words, places + 10, b * tk + key, group, size);
        Floats keyTo = AttentionKernels.at(memory, words, places + 20, b * tk + key, group, size);
        Floats valueTo = AttentionKernels.at(memory, words, places + 25, b * tk + key, group, size);
        for (int c = lx; c < size; c += 16) {
            float keyValue = 0f;
            float value = 0f;
            if (key < tk) {
                keyValue = keyAt.get(c);
                value = valueAt.get(c);
                keyTo.set(c, 0f);
                valueTo.set(c, 0f);
            }
            ks[ly * 129 + c] = MatrixKernels.rounded(keyValue, rounding);
            vs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
        }
        float scale = 1f / TornadoMath.sqrt((float) size);
        int tiles = 0;
        if (tileStart < tk) {
            tiles = (tq + 15) / 16;
        }
        for (int tile = 0; tile < perGroup * tiles; tile++) {
            int inGroup = tile / tiles;
            int start = (tile - inGroup * tiles) * 16;
            int h = group * perGroup + inGroup;
            int query = start + ly;
            Floats queryAt = AttentionKernels.at(memory, words, places, b * tq + query, h, size);
            k.localBarrier();
            for (int c = lx; c < size; c += 16) {
                float value = 0f;
                float gradient = 0f;
                if (query < tq) {
                    value = queryAt.get(c);
                    gradient = memory.at(words, row, 11).get(((b * tq + query) * heads + h) * size + c);
                }
                qs[ly * 129 + c] = MatrixKernels.rounded(value, rounding);
                gs[ly * 129 + c] = MatrixKernels.rounded(gradient, rounding);
            }
            k.localBarrier();
            float weight = 0f;
            float part = 0f;
            int seen = 0;
            if (start + lx < tq && key < tk) {
                int rowOfQuery = b * tq + start + lx;
                seen =
                        SeenKeys.within(
                                key,
                                SeenKeys.first(words, ranges, rowOfQuery, 0, tk),
                                SeenKeys.end(words, ranges, rowOfQuery, 0, tk),
                                SeenKeys.first(words, ranges, rowOfQuery, 1, tk),
                                SeenKeys.end(words, ranges, rowOfQuery, 1, tk));
            }
            if (seen == 1) {
                float score = 0f;
                float weightGradient = 0f;
                for (int c = 0; c < size; c++) {
                    score += ks[ly * 129 + c] * qs[lx * 129 + c];
                    weightGradient += vs[ly * 129 + c] * gs[lx * 129 + c];
                }
                int statistic = (b * heads + h) * tq + start + lx;
                weight = TornadoMath.exp(score * scale - memory.at(words, row, 4).get(statistic));
                part = weight * (weightGradient - memory.at(words, row, 12).get(statistic)) * scale;
            }
            weights[ly * 16 + lx] = weight;
            parts[ly * 16 + lx] = part;
            k.localBarrier();
            if (key < tk) {
                for (int c = lx; c < size; c += 16) {
                    float keySum = keyTo.get(c);
                    float valueSum = valueTo.get(c);
                    for (int t = 0; t < 16; t++) {
                        keySum += parts[ly * 16 + t] * qs[t * 129 + c];
                        valueSum += weights[ly * 16 + t] * gs[t * 129 + c];
                    }
                    keyTo.set(c, keySum);
                    valueTo.set(c, valueSum);
                }
            }
        }
    }
}
