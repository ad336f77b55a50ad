package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.BFloat16;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The matrix product on a device. See {@link Arguments} for how it finds its operands. */
final class MatrixKernels {
    /** Rows and columns of the result that a group computes. */
    static final int TILE = 64;

    /** Threads of a group in each direction; each computes 4 × 4 elements, this far apart. */
    static final int THREADS = 16;

    private static final double SHIFT = 0x1p45;
    private static final double SUBNORMAL_SHIFT = 0x1.8p-81;

    private MatrixKernels() {}

    /**
     * Arguments: 1 a, 2 its row stride, 3 its column stride, 4 b, 5 its row stride, 6 its column stride, 7 addend or
     * none, 8 c, 9 M, 10 N, 11 K, 12 whether the limit is of K, 13 count, 14 first, 15 whether to round to bfloat16.
     */
    static void gemm(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        float[] as = k.allocateFloatLocalArray(1024);
        float[] bs = k.allocateFloatLocalArray(1024);
        int lx = k.localIdx;
        int ly = k.localIdy;
        int lane = ly * 16 + lx;
        int columnStart = k.groupIdx * 64;
        int rowStart = k.groupIdy * 64;
        Floats a = memory.at(words, row, 1);
        int aRow = words.get(row + 2);
        int aColumn = words.get(row + 3);
        Floats b = memory.at(words, row, 4);
        int bRow = words.get(row + 5);
        int bColumn = words.get(row + 6);
        int m = words.get(row + 9);
        int n = words.get(row + 10);
        int depth = words.get(row + 11);
        int rounding = words.get(row + 15);
        if (words.get(row + 12) == 1) {
            depth = Arguments.live(words, words.get(row + 13), words.get(row + 14), depth);
        } else {
            m = Arguments.live(words, words.get(row + 13), words.get(row + 14), m);
        }
        int tiles = 0;
        if (rowStart < m && columnStart < n) {
            tiles = (depth + 15) / 16;
        }
        float c00 = 0f;
        float c01 = 0f;
        float c02 = 0f;
        float c03 = 0f;
        float c10 = 0f;
        float c11 = 0f;
        float c12 = 0f;
        float c13 = 0f;
        float c20 = 0f;
        float c21 = 0f;
        float c22 = 0f;
        float c23 = 0f;
        float c30 = 0f;
        float c31 = 0f;
        float c32 = 0f;
        float c33 = 0f;
        for (int t = 0; t < tiles; t++) {
            for (int e = lane; e < 1024; e += 256) {
                // Neighbouring threads read neighbouring elements, whichever way an operand lies.
                int i = e / 16;
                int p = e - i * 16;
                if (aColumn != 1) {
                    p = e / 64;
                    i = e - p * 64;
                }
                float value = 0f;
                if (rowStart + i < m && t * 16 + p < depth) {
                    value = a.get((rowStart + i) * aRow + (t * 16 + p) * aColumn);
                }
                as[p * 64 + i] = rounded(value, rounding);
            }
            for (int e = lane; e < 1024; e += 256) {
                int j = e / 16;
                int p = e - j * 16;
                if (bColumn == 1) {
                    p = e / 64;
                    j = e - p * 64;
                }
                float value = 0f;
                if (columnStart + j < n && t * 16 + p < depth) {
                    value = b.get((t * 16 + p) * bRow + (columnStart + j) * bColumn);
                }
                bs[p * 64 + j] = rounded(value, rounding);
            }
            k.localBarrier();
            for (int p = 0; p < 16; p++) {
                float a0 = as[p * 64 + ly];
                float a1 = as[p * 64 + ly + 16];
                float a2 = as[p * 64 + ly + 32];
                float a3 = as[p * 64 + ly + 48];
                float b0 = bs[p * 64 + lx];
                float b1 = bs[p * 64 + lx + 16];
                float b2 = bs[p * 64 + lx + 32];
                float b3 = bs[p * 64 + lx + 48];
                c00 += a0 * b0;
                c01 += a0 * b1;
                c02 += a0 * b2;
                c03 += a0 * b3;
                c10 += a1 * b0;
                c11 += a1 * b1;
                c12 += a1 * b2;
                c13 += a1 * b3;
                c20 += a2 * b0;
                c21 += a2 * b1;
                c22 += a2 * b2;
                c23 += a2 * b3;
                c30 += a3 * b0;
                c31 += a3 * b1;
                c32 += a3 * b2;
                c33 += a3 * b3;
            }
            k.localBarrier();
        }
        Floats c = memory.at(words, row, 8);
        Floats d = memory.at(words, row, 7);
        int i = rowStart + ly;
        int j = columnStart + lx;
        store(c, d, m, n, i, j, c00);
        store(c, d, m, n, i, j + 16, c01);
        store(c, d, m, n, i, j + 32, c02);
        store(c, d, m, n, i, j + 48, c03);
        store(c, d, m, n, i + 16, j, c10);
        store(c, d, m, n, i + 16, j + 16, c11);
        store(c, d, m, n, i + 16, j + 32, c12);
        store(c, d, m, n, i + 16, j + 48, c13);
        store(c, d, m, n, i + 32, j, c20);
        store(c, d, m, n, i + 32, j + 16, c21);
        store(c, d, m, n, i + 32, j + 32, c22);
        store(c, d, m, n, i + 32, j + 48, c23);
        store(c, d, m, n, i + 48, j, c30);
        store(c, d, m, n, i + 48, j + 16, c31);
        store(c, d, m, n, i + 48, j + 32, c32);
        store(c, d, m, n, i + 48, j + 48, c33);
    }

    private static void store(Floats c, Floats d, int m, int n, int i, int j, float sum) {
        if (i < m && j < n) {
            float value = sum;
            if (d.isThere()) {
                value = value + d.get(i * n + j);
            }
            c.set(i * n + j, value);
        }
    }

    /**
     * Arguments: source, target in words, rows, width, count, first. A thread rounds two elements to bfloat16, which
     * become a word; the last may be alone.
     */
    static void pack(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 5), words.get(row + 6), words.get(row + 3));
        int n = live * words.get(row + 4);
        Floats source = memory.at(words, row, 1);
        int target = words.get(row + 2);
        for (int i = k.groupIdx * 256 + k.localIdx; 2 * i < n && i < k.groupIdx * 256 + 256; i += 64) {
            int low = bits(source.get(2 * i));
            int high = 0;
            if (2 * i + 1 < n) {
                high = bits(source.get(2 * i + 1));
            }
            // A mask of sixteen ones is minus one to TornadoVM, which keeps a short a short.
            int word = (high << 16) + low;
            if (low < 0) {
                word = word + 65536;
            }
            words.set(target + i, word);
        }
    }

    /** The sixteen bits of a float rounded to bfloat16, as a short. */
    private static int bits(float value) {
        return BFloat16.bf16FromFloat(rounded(value, 1));
    }

    /** Arguments: source, target, n. Elements rounded to bfloat16 that stay float32. */
    static void roundAll(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int n = words.get(row + 3);
        Floats source = memory.at(words, row, 1);
        Floats target = memory.at(words, row, 2);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            target.set(i, rounded(source.get(i), 1));
        }
    }

    /**
     * The nearest bfloat16, as {@link dev.unmask.tensor.BFloat16} says: adding {@code 2^45 x}, which is exact, leaves
     * float64 no more than the eight bits of {@code x} that bfloat16 has; adding {@code 1.5·2^-81} to a subnormal
     * number, no more than multiples of {@code 2^-133}. TornadoVM has no bits of a float. Infinities are left alone:
     * their difference is not a number.
     */
    static float rounded(float value, int rounding) {
        float result = value;
        if (rounding == 1 && Math.abs(value) <= Float.MAX_VALUE) {
            double shift = value * SHIFT;
            if (Math.abs(value) < Float.MIN_NORMAL) {
                shift = SUBNORMAL_SHIFT;
            }
            result = (float) (shift + value - shift);
            if (result == 0f) {
                // The sum has lost the sign.
                result = 0f * value;
            }
        }
        return result;
    }
}
