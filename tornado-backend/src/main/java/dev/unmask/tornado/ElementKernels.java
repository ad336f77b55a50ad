package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device kernels with one thread for {@link #ELEMENTS} elements, which lie a group of threads apart: to find its
 * arguments takes a thread longer than one element. See {@link Arguments} for how they find their operands.
 */
final class ElementKernels {
    /** Elements of a thread. */
    static final int ELEMENTS = 4;

    private ElementKernels() {}

    /** Arguments: target, n, address of the value. */
    static void fill(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int n = words.get(row + 2);
        int target = words.get(row + 1);
        int value = words.get(row + 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            memory.set(target + i, memory.get(value));
        }
    }

    /** Arguments: source, target, rows, width, count, first. */
    static void copy(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int live = Arguments.live(words, words.get(row + 5), words.get(row + 6), words.get(row + 3));
        int n = live * words.get(row + 4);
        int source = words.get(row + 1);
        int target = words.get(row + 2);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            memory.set(target + i, memory.get(source + i));
        }
    }

    /** Arguments: source, target, n, all in words. */
    static void copyWords(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int n = words.get(row + 3);
        int source = words.get(row + 1);
        int target = words.get(row + 2);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            words.set(target + i, words.get(source + i));
        }
    }

    /** Arguments: left, right, out, n. */
    static void add(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int n = words.get(row + 4);
        int left = words.get(row + 1);
        int right = words.get(row + 2);
        int out = words.get(row + 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            memory.set(out + i, memory.get(left + i) + memory.get(right + i));
        }
    }

    /** Arguments: average, value, address of the share, n. */
    static void movingAverage(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int n = words.get(row + 4);
        int average = words.get(row + 1);
        int value = words.get(row + 2);
        int share = words.get(row + 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float before = memory.get(average + i);
            memory.set(average + i, before + memory.get(share) * (memory.get(value + i) - before));
        }
    }

    /** Arguments: x, bias, out, rows, width, count, first. */
    static void addBias(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int live = Arguments.live(words, words.get(row + 6), words.get(row + 7), words.get(row + 4));
        int width = words.get(row + 5);
        int n = live * width;
        int x = words.get(row + 1);
        int bias = words.get(row + 2);
        int out = words.get(row + 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            int column = i - i / width * width;
            memory.set(out + i, memory.get(x + i) + memory.get(bias + column));
        }
    }

    /** Arguments: x, address of the factor, out, rows, width, count, first. */
    static void scale(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int live = Arguments.live(words, words.get(row + 6), words.get(row + 7), words.get(row + 4));
        int n = live * words.get(row + 5);
        int x = words.get(row + 1);
        int factor = words.get(row + 2);
        int out = words.get(row + 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            memory.set(out + i, memory.get(factor) * memory.get(x + i));
        }
    }

    /** Arguments: gate, up, out, rows, width, count, first. */
    static void swiGlu(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int live = Arguments.live(words, words.get(row + 6), words.get(row + 7), words.get(row + 4));
        int n = live * words.get(row + 5);
        int gates = words.get(row + 1);
        int ups = words.get(row + 2);
        int out = words.get(row + 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float gate = memory.get(gates + i);
            float up = memory.get(ups + i);
            memory.set(out + i, gate / (1f + TornadoMath.exp(-gate)) * up);
        }
    }

    /** Arguments: gate, up, gradient of out, gradient of gate, gradient of up, rows, width, count, first. */
    static void swiGluBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int live = Arguments.live(words, words.get(row + 8), words.get(row + 9), words.get(row + 6));
        int n = live * words.get(row + 7);
        int gates = words.get(row + 1);
        int ups = words.get(row + 2);
        int outGradients = words.get(row + 3);
        int gateGradients = words.get(row + 4);
        int upGradients = words.get(row + 5);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float gate = memory.get(gates + i);
            float up = memory.get(ups + i);
            float outGradient = memory.get(outGradients + i);
            float s = 1f / (1f + TornadoMath.exp(-gate));
            memory.set(gateGradients + i, outGradient * up * s * (1f + gate * (1f - s)));
            memory.set(upGradients + i, outGradient * gate * s);
        }
    }

    /** Arguments: ids, table, out, n, width. */
    static void embed(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int all = words.get(row + 4);
        int ids = words.get(row + 1);
        int table = words.get(row + 2);
        int out = words.get(row + 3);
        int width = words.get(row + 5);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int id = words.get(ids + n);
            memory.set(out + i, memory.get(table + id * width + i - n * width));
        }
    }

    /** Arguments: source, rows, out, number of rows, width, count, first. */
    static void gatherRows(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int width = words.get(row + 5);
        int first = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 6), first, words.get(row + 4));
        int all = live * width;
        int source = words.get(row + 1);
        int rows = words.get(row + 2);
        int out = words.get(row + 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int from = words.get(rows + first + n);
            memory.set(out + i, memory.get(source + from * width + i - n * width));
        }
    }

    /** Arguments: source, rows, target, number of rows, width, count, first, whether to add. */
    static void scatterRows(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int width = words.get(row + 5);
        int first = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 6), first, words.get(row + 4));
        int all = live * width;
        int source = words.get(row + 1);
        int rows = words.get(row + 2);
        int target = words.get(row + 3);
        int accumulate = words.get(row + 8);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int to = target + words.get(rows + first + n) * width + i - n * width;
            float value = memory.get(source + i);
            if (accumulate == 1) {
                value = value + memory.get(to);
            }
            memory.set(to, value);
        }
    }

    /**
     * Arguments: heads, positions, table, rows, number of heads, size, elements of a row, heads side by side, elements
     * from a run of them to the next, whether inverse. A thread turns one pair.
     */
    static void rope(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int size = words.get(row + 6);
        int half = size / 2;
        int turned = words.get(row + 5) * half;
        int all = words.get(row + 4) * turned;
        int heads = words.get(row + 1);
        int positions = words.get(row + 2);
        int table = words.get(row + 3);
        int width = words.get(row + 7);
        int run = words.get(row + 8);
        int step = words.get(row + 9);
        int inverse = words.get(row + 10);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / turned;
            int inRow = i - n * turned;
            int head = inRow / half;
            int pair = inRow - head * half;
            int number = head / run;
            int at = heads + n * width + number * step + (head - number * run) * size + pair;
            int angle = table + words.get(positions + n) * size + pair;
            float cos = memory.get(angle);
            float sin = memory.get(angle + half);
            if (inverse == 1) {
                sin = -sin;
            }
            float a = memory.get(at);
            float b = memory.get(at + half);
            memory.set(at, a * cos - b * sin);
            memory.set(at + half, a * sin + b * cos);
        }
    }

    /**
     * Arguments: source, its row, run and step as in {@link #rope}, rows, target, its row, run and step, number of
     * rows, number of heads, size.
     */
    static void scatterHeads(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int source = words.get(row + 1);
        int rows = words.get(row + 5);
        int target = words.get(row + 6);
        int size = words.get(row + 12);
        int width = words.get(row + 11) * size;
        int all = words.get(row + 10) * width;
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int head = (i - n * width) / size;
            int c = i - n * width - head * size;
            int run = words.get(row + 3);
            int number = head / run;
            int from = n * words.get(row + 2) + number * words.get(row + 4) + (head - number * run) * size + c;
            int targetRun = words.get(row + 8);
            int targetNumber = head / targetRun;
            int to =
                    words.get(rows + n) * words.get(row + 7)
                            + targetNumber * words.get(row + 9)
                            + (head - targetNumber * targetRun) * size
                            + c;
            memory.set(target + to, memory.get(source + from));
        }
    }

    /** Arguments: conditional, unconditional, scale, out, rows, width, count, first. */
    static void guide(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int live = Arguments.live(words, words.get(row + 7), words.get(row + 8), words.get(row + 5));
        int n = live * words.get(row + 6);
        int conditional = words.get(row + 1);
        int unconditional = words.get(row + 2);
        int scale = words.get(row + 3);
        int out = words.get(row + 4);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float c = memory.get(conditional + i);
            float u = memory.get(unconditional + i);
            memory.set(out + i, u + (1f + memory.get(scale)) * (c - u));
        }
    }

    /** Arguments: logits, targets, weights, log-sum-exp, gradient of logits, rows, width, count, first. */
    static void crossEntropyBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int row = words.get(turn);
        Arguments.advance(words, turn, row, k.globalIdx, 0);
        int width = words.get(row + 7);
        int first = words.get(row + 9);
        int live = Arguments.live(words, words.get(row + 8), first, words.get(row + 6));
        int all = live * width;
        int logits = words.get(row + 1);
        int targets = words.get(row + 2);
        int weights = words.get(row + 3);
        int logSumExp = words.get(row + 4);
        int gradients = words.get(row + 5);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int entry = first + n;
            float gradient = TornadoMath.exp(memory.get(logits + i) - memory.get(logSumExp + entry));
            if (i - n * width == words.get(targets + entry)) {
                gradient = gradient - 1f;
            }
            memory.set(gradients + i, memory.get(weights + entry) * gradient);
        }
    }
}
