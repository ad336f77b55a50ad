package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The choice of a token on a device, in float64. See {@link Arguments} for how it finds its operands. */
final class ChoiceKernels {
    /** Threads of a group, which has one row; the local arrays below are this long. */
    static final int GROUP = 128;

    private static final int HALF_GROUP = 64;
    private static final double LOWEST = -1e300;
    private static final long WORD = 0xFFFFFFFFL;

    private ChoiceKernels() {}

    /**
     * Arguments: 1 logits, 2 temperature, 3 seed, 4 keys, 5 tokens, 6 log-confidence, 7 margin, 8 entropy, 9 rows, 10
     * width, 11 count, 12 first.
     */
    static void choose(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        double[] best = k.allocateDoubleLocalArray(128);
        double[] second = k.allocateDoubleLocalArray(128);
        int[] tokens = k.allocateIntLocalArray(128);
        int lane = k.localIdx;
        int n = k.groupIdx;
        int width = words.get(row + 10);
        int entry = words.get(row + 12) + n;
        int live = Arguments.live(words, words.get(row + 11), words.get(row + 12), words.get(row + 9));
        Floats logits = memory.at(words, row, 1).from(n * width);
        int seen = 0;
        long firstIndex = 0;
        if (n < live) {
            seen = width;
            firstIndex = (long) words.get(words.get(row + 4) + entry) * width;
        }
        double temperature = memory.at(words, row, 2).get(0);
        int seed = words.get(row + 3);
        double noisiest = LOWEST;
        int token = width;
        double largest = LOWEST;
        double next = LOWEST;
        for (int v = lane; v < seen; v += 128) {
            double logit = logits.get(v);
            double noisy = logit;
            if (temperature > 0) {
                noisy =
                        logit
                                - temperature
                                        * Math.log(
                                                -Math.log(
                                                        uniform(
                                                                words.get(seed),
                                                                words.get(seed + 1),
                                                                words.get(seed + 2),
                                                                words.get(seed + 3),
                                                                firstIndex + v)));
            }
            if (noisy > noisiest) {
                noisiest = noisy;
                token = v;
            }
            next = Math.max(next, Math.min(largest, logit));
            largest = Math.max(largest, logit);
        }
        best[lane] = noisiest;
        tokens[lane] = token;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                double other = best[lane + stride];
                int otherToken = tokens[lane + stride];
                if (other > best[lane] || (other == best[lane] && otherToken < tokens[lane])) {
                    best[lane] = other;
                    tokens[lane] = otherToken;
                }
            }
        }
        k.localBarrier();
        token = tokens[0];
        k.localBarrier();
        best[lane] = largest;
        second[lane] = next;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                double other = best[lane + stride];
                double smaller = Math.min(best[lane], other);
                second[lane] = Math.max(smaller, Math.max(second[lane], second[lane + stride]));
                best[lane] = Math.max(best[lane], other);
            }
        }
        k.localBarrier();
        largest = best[0];
        next = second[0];
        k.localBarrier();
        double sum = 0;
        double weighted = 0;
        for (int v = lane; v < seen; v += 128) {
            double below = logits.get(v) - largest;
            double e = Math.exp(below);
            sum += e;
            weighted += e * below;
        }
        best[lane] = sum;
        second[lane] = weighted;
        for (int stride = HALF_GROUP; stride > 0; stride = stride / 2) {
            k.localBarrier();
            if (lane < stride) {
                best[lane] = best[lane] + best[lane + stride];
                second[lane] = second[lane] + second[lane + stride];
            }
        }
        if (lane == 0 && n < live) {
            double logSum = Math.log(best[0]);
            words.set(words.get(row + 5) + entry, token);
            double chosen = logits.get(token);
            memory.at(words, row, 6).set(entry, (float) (chosen - largest - logSum));
            memory.at(words, row, 7).set(entry, (float) ((1 - Math.exp(next - largest)) / best[0]));
            memory.at(words, row, 8).set(entry, (float) (logSum - second[0] / best[0]));
        }
    }

    /**
     * Arguments: 1 x, 2 address of the factor, 3 out, 4 rows, 5 width, 6 count, 7 first, 8 whether to add, 9 threshold,
     * 10 stream, 11 draw, 12 numbers of rows or -1.
     */
    static void dropout(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int width = words.get(row + 5);
        int first = words.get(row + 7);
        int all = Arguments.live(words, words.get(row + 6), first, words.get(row + 4)) * width;
        Floats x = memory.at(words, row, 1);
        float factor = memory.at(words, row, 2).get(0);
        Floats out = memory.at(words, row, 3);
        int threshold = words.get(row + 9);
        int draw = words.get(row + 11);
        int rows = words.get(row + 12);
        long before = words.get(draw + 5) * 4294967296L + (words.get(draw + 4) & WORD);
        int stepHigh = words.get(draw + 3) | words.get(row + 10) << 8;
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int r = i / width;
            int column = i - r * width;
            long number = before + r;
            if (rows >= 0) {
                number = before + words.get(rows + first + r);
            }
            long index = number * ((width + 7) / 8) + column / 8;
            int half =
                    half(
                            words.get(draw),
                            words.get(draw + 1),
                            words.get(draw + 2),
                            stepHigh,
                            index,
                            column - column / 8 * 8);
            float value = 0f;
            if (half >= threshold) {
                value = factor * x.get(i);
            }
            if (words.get(row + 8) != 0) {
                value = value + out.get(i);
            }
            out.set(i, value);
        }
    }

    /** 16 bits of a Philox block for dropout, purpose 12. */
    private static int half(int seedLow, int seedHigh, int stepLow, int stepHigh, long index, int which) {
        int k0 = seedLow;
        int k1 = seedHigh;
        int c0 = (int) (index & WORD);
        int c1 = (int) (index / 4294967296L) | 12 << 24;
        int c2 = stepLow;
        int c3 = stepHigh;
        for (int round = 0; round < 10; round++) {
            long product0 = 0xD2511F53L * (c0 & WORD);
            long product1 = 0xCD9E8D57L * (c2 & WORD);
            int high0 = (int) (product0 >>> 32);
            int high1 = (int) (product1 >>> 32);
            c0 = high1 ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = high0 ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        int word = c3;
        if (which < 2) {
            word = c0;
        } else if (which < 4) {
            word = c1;
        } else if (which < 6) {
            word = c2;
        }
        if (which - which / 2 * 2 == 1) {
            return (int) ((word & WORD) / 65536);
        }
        return word & 0xFFFF;
    }

    /**
     * {@code Philox.uniform53} for Gumbel noise, purpose 6. Only shifts of positive numbers: TornadoVM turns an
     * unsigned shift of a {@code long} into a signed one.
     */
    private static double uniform(int seedLow, int seedHigh, int stepLow, int stepHigh, long index) {
        int k0 = seedLow;
        int k1 = seedHigh;
        int c0 = (int) (index & WORD);
        int c1 = (int) (index / 4294967296L) | 6 << 24;
        int c2 = stepLow;
        int c3 = stepHigh;
        for (int round = 0; round < 10; round++) {
            long product0 = 0xD2511F53L * (c0 & WORD);
            long product1 = 0xCD9E8D57L * (c2 & WORD);
            int high0 = (int) (product0 >>> 32);
            int high1 = (int) (product1 >>> 32);
            c0 = high1 ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = high0 ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        double upper = (c0 & WORD) * 1048576.0;
        double lower = (c1 & WORD) / 4096;
        return (2 * (upper + lower) + 1) * 0x1p-53;
    }
}
