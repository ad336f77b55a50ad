package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Device kernels with one thread an element. See {@link Arguments} for how they find their operands. */
final class ElementKernels {
    private ElementKernels() {}

    /** Arguments: target, n, address of the value. */
    static void fill(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        if (i < words.get(row + 2)) {
            memory.set(words.get(row + 1) + i, memory.get(words.get(row + 3)));
        }
    }

    /** Arguments: source, target, rows, width, count, first. */
    static void copy(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int live = Arguments.live(words, words.get(row + 5), words.get(row + 6), words.get(row + 3));
        if (i < live * words.get(row + 4)) {
            memory.set(words.get(row + 2) + i, memory.get(words.get(row + 1) + i));
        }
    }

    /** Arguments: source, target, n, all in words. */
    static void copyWords(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        if (i < words.get(row + 3)) {
            words.set(words.get(row + 2) + i, words.get(words.get(row + 1) + i));
        }
    }

    /** Arguments: left, right, out, n. */
    static void add(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        if (i < words.get(row + 4)) {
            memory.set(words.get(row + 3) + i, memory.get(words.get(row + 1) + i) + memory.get(words.get(row + 2) + i));
        }
    }

    /** Arguments: gate, up, out, rows, width, count, first. */
    static void swiGlu(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int live = Arguments.live(words, words.get(row + 6), words.get(row + 7), words.get(row + 4));
        if (i < live * words.get(row + 5)) {
            float gate = memory.get(words.get(row + 1) + i);
            float up = memory.get(words.get(row + 2) + i);
            memory.set(words.get(row + 3) + i, gate / (1f + TornadoMath.exp(-gate)) * up);
        }
    }

    /** Arguments: gate, up, gradient of out, gradient of gate, gradient of up, rows, width, count, first. */
    static void swiGluBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int live = Arguments.live(words, words.get(row + 8), words.get(row + 9), words.get(row + 6));
        if (i < live * words.get(row + 7)) {
            float gate = memory.get(words.get(row + 1) + i);
            float up = memory.get(words.get(row + 2) + i);
            float outGradient = memory.get(words.get(row + 3) + i);
            float s = 1f / (1f + TornadoMath.exp(-gate));
            memory.set(words.get(row + 4) + i, outGradient * up * s * (1f + gate * (1f - s)));
            memory.set(words.get(row + 5) + i, outGradient * gate * s);
        }
    }

    /** Arguments: ids, table, out, n, width. */
    static void embed(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        if (i < words.get(row + 4)) {
            int width = words.get(row + 5);
            int n = i / width;
            int id = words.get(words.get(row + 1) + n);
            memory.set(words.get(row + 3) + i, memory.get(words.get(row + 2) + id * width + i - n * width));
        }
    }

    /** Arguments: source, rows, out, number of rows, width, count, first. */
    static void gatherRows(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int width = words.get(row + 5);
        int first = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 6), first, words.get(row + 4));
        if (i < live * width) {
            int n = i / width;
            int from = words.get(words.get(row + 2) + first + n);
            memory.set(words.get(row + 3) + i, memory.get(words.get(row + 1) + from * width + i - n * width));
        }
    }

    /** Arguments: source, rows, target, number of rows, width, count, first, whether to add. */
    static void scatterRows(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int width = words.get(row + 5);
        int first = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 6), first, words.get(row + 4));
        if (i < live * width) {
            int n = i / width;
            int to = words.get(row + 3) + words.get(words.get(row + 2) + first + n) * width + i - n * width;
            float value = memory.get(words.get(row + 1) + i);
            if (words.get(row + 8) == 1) {
                value = value + memory.get(to);
            }
            memory.set(to, value);
        }
    }

    /** Arguments: fused, positions, table, rows, heads, groups, size, whether inverse. A thread turns one pair. */
    static void rope(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int heads = words.get(row + 5);
        int groups = words.get(row + 6);
        int size = words.get(row + 7);
        int half = size / 2;
        int turned = (heads + groups) * half;
        if (i < words.get(row + 4) * turned) {
            int n = i / turned;
            int inRow = i - n * turned;
            int head = inRow / half;
            int pair = inRow - head * half;
            int perGroup = heads / groups;
            int group = head / (perGroup + 1);
            int column = (head + group) * size + pair;
            int at = words.get(row + 1) + n * (heads + 2 * groups) * size + column;
            int angle = words.get(row + 3) + words.get(words.get(row + 2) + n) * size + pair;
            float cos = memory.get(angle);
            float sin = memory.get(angle + half);
            if (words.get(row + 8) == 1) {
                sin = -sin;
            }
            float a = memory.get(at);
            float b = memory.get(at + half);
            memory.set(at, a * cos - b * sin);
            memory.set(at + half, a * sin + b * cos);
        }
    }

    /** Arguments: conditional, unconditional, scale, out, rows, width, count, first. */
    static void guide(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int live = Arguments.live(words, words.get(row + 7), words.get(row + 8), words.get(row + 5));
        if (i < live * words.get(row + 6)) {
            float c = memory.get(words.get(row + 1) + i);
            float u = memory.get(words.get(row + 2) + i);
            memory.set(words.get(row + 4) + i, u + (1f + memory.get(words.get(row + 3))) * (c - u));
        }
    }

    /** Arguments: logits, targets, weights, log-sum-exp, gradient of logits, rows, width, count, first. */
    static void crossEntropyBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        int i = k.globalIdx;
        int row = words.get(turn);
        Arguments.advance(words, turn, row, i, 0);
        int width = words.get(row + 7);
        int first = words.get(row + 9);
        int live = Arguments.live(words, words.get(row + 8), first, words.get(row + 6));
        if (i < live * width) {
            int n = i / width;
            int entry = first + n;
            float gradient =
                    TornadoMath.exp(memory.get(words.get(row + 1) + i) - memory.get(words.get(row + 4) + entry));
            if (i - n * width == words.get(words.get(row + 2) + entry)) {
                gradient = gradient - 1f;
            }
            memory.set(words.get(row + 5) + i, memory.get(words.get(row + 3) + entry) * gradient);
        }
    }
}
