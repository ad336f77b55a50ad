package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
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
    static void fill(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int n = words.get(row + 2);
        Floats target = memory.at(words, row, 1);
        Floats value = memory.at(words, row, 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            target.set(i, value.get(0));
        }
    }

    /** Arguments: source, target, rows, width, count, first. */
    static void copy(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 5), words.get(row + 6), words.get(row + 3));
        int n = live * words.get(row + 4);
        Floats source = memory.at(words, row, 1);
        Floats target = memory.at(words, row, 2);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            target.set(i, source.get(i));
        }
    }

    /** Arguments: source, target, n, all in words. */
    static void copyWords(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int n = words.get(row + 3);
        int source = words.get(row + 1);
        int target = words.get(row + 2);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            words.set(target + i, words.get(source + i));
        }
    }

    /** Arguments: left, right, out, n. */
    static void add(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int n = words.get(row + 4);
        Floats left = memory.at(words, row, 1);
        Floats right = memory.at(words, row, 2);
        Floats out = memory.at(words, row, 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            out.set(i, left.get(i) + right.get(i));
        }
    }

    /** Arguments: average, value, address of the share, n. */
    static void movingAverage(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int n = words.get(row + 4);
        Floats average = memory.at(words, row, 1);
        Floats value = memory.at(words, row, 2);
        Floats share = memory.at(words, row, 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float before = average.get(i);
            average.set(i, before + share.get(0) * (value.get(i) - before));
        }
    }

    /** Arguments: x, bias, out, rows, width, count, first. */
    static void addBias(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 6), words.get(row + 7), words.get(row + 4));
        int width = words.get(row + 5);
        int n = live * width;
        Floats x = memory.at(words, row, 1);
        Floats bias = memory.at(words, row, 2);
        Floats out = memory.at(words, row, 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            int column = i - i / width * width;
            out.set(i, x.get(i) + bias.get(column));
        }
    }

    /** Arguments: x, address of the factor, out, rows, width, count, first. */
    static void scale(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 6), words.get(row + 7), words.get(row + 4));
        int n = live * words.get(row + 5);
        Floats x = memory.at(words, row, 1);
        Floats factor = memory.at(words, row, 2);
        Floats out = memory.at(words, row, 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            out.set(i, factor.get(0) * x.get(i));
        }
    }

    /** Arguments: gate, up, out, rows, width, count, first. */
    static void swiGlu(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 6), words.get(row + 7), words.get(row + 4));
        int n = live * words.get(row + 5);
        Floats gates = memory.at(words, row, 1);
        Floats ups = memory.at(words, row, 2);
        Floats out = memory.at(words, row, 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float gate = gates.get(i);
            float up = ups.get(i);
            out.set(i, gate / (1f + TornadoMath.exp(-gate)) * up);
        }
    }

    /** Arguments: gate, up, gradient of out, gradient of gate, gradient of up, rows, width, count, first. */
    static void swiGluBackward(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 8), words.get(row + 9), words.get(row + 6));
        int n = live * words.get(row + 7);
        Floats gates = memory.at(words, row, 1);
        Floats ups = memory.at(words, row, 2);
        Floats outGradients = memory.at(words, row, 3);
        Floats gateGradients = memory.at(words, row, 4);
        Floats upGradients = memory.at(words, row, 5);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float gate = gates.get(i);
            float up = ups.get(i);
            float outGradient = outGradients.get(i);
            float s = 1f / (1f + TornadoMath.exp(-gate));
            gateGradients.set(i, outGradient * up * s * (1f + gate * (1f - s)));
            upGradients.set(i, outGradient * gate * s);
        }
    }

    /** Arguments: ids, table, out, n, width. */
    static void embed(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int all = words.get(row + 4);
        int ids = words.get(row + 1);
        Floats table = memory.at(words, row, 2);
        Floats out = memory.at(words, row, 3);
        int width = words.get(row + 5);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int id = words.get(ids + n);
            out.set(i, table.get(id * width + i - n * width));
        }
    }

    /** Arguments: source, rows, out, number of rows, width, count, first. */
    static void gatherRows(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int width = words.get(row + 5);
        int first = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 6), first, words.get(row + 4));
        int all = live * width;
        Floats source = memory.at(words, row, 1);
        int rows = words.get(row + 2);
        Floats out = memory.at(words, row, 3);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int from = words.get(rows + first + n);
            out.set(i, source.get(from * width + i - n * width));
        }
    }

    /** Arguments: source, rows, target, number of rows, width, count, first, whether to add. */
    static void scatterRows(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int width = words.get(row + 5);
        int first = words.get(row + 7);
        int live = Arguments.live(words, words.get(row + 6), first, words.get(row + 4));
        int all = live * width;
        Floats source = memory.at(words, row, 1);
        int rows = words.get(row + 2);
        Floats target = memory.at(words, row, 3);
        int accumulate = words.get(row + 8);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int to = words.get(rows + first + n) * width + i - n * width;
            float value = source.get(i);
            if (accumulate == 1) {
                value = value + target.get(to);
            }
            target.set(to, value);
        }
    }

    /**
     * Arguments: heads, positions, table, rows, number of heads, size, elements of a row, heads side by side, elements
     * from a run of them to the next, whether inverse. A thread turns one pair.
     */
    static void rope(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int size = words.get(row + 6);
        int half = size / 2;
        int turned = words.get(row + 5) * half;
        int all = words.get(row + 4) * turned;
        Floats heads = memory.at(words, row, 1);
        int positions = words.get(row + 2);
        Floats table = memory.at(words, row, 3);
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
            int at = n * width + number * step + (head - number * run) * size + pair;
            int angle = words.get(positions + n) * size + pair;
            float cos = table.get(angle);
            float sin = table.get(angle + half);
            if (inverse == 1) {
                sin = -sin;
            }
            float a = heads.get(at);
            float b = heads.get(at + half);
            heads.set(at, a * cos - b * sin);
            heads.set(at + half, a * sin + b * cos);
        }
    }

    /**
     * Arguments: source, its row, run and step as in {@link #rope}, rows, target, its row, run and step, number of
     * rows, number of heads, size.
     */
    static void scatterHeads(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        Floats source = memory.at(words, row, 1);
        int rows = words.get(row + 5);
        Floats target = memory.at(words, row, 6);
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
            target.set(to, source.get(from));
        }
    }

    /** Arguments: conditional, unconditional, scale, out, rows, width, count, first. */
    static void guide(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int live = Arguments.live(words, words.get(row + 7), words.get(row + 8), words.get(row + 5));
        int n = live * words.get(row + 6);
        Floats conditional = memory.at(words, row, 1);
        Floats unconditional = memory.at(words, row, 2);
        Floats scale = memory.at(words, row, 3);
        Floats out = memory.at(words, row, 4);
        for (int i = k.groupIdx * 256 + k.localIdx; i < n && i < k.groupIdx * 256 + 256; i += 64) {
            float c = conditional.get(i);
            float u = unconditional.get(i);
            out.set(i, u + (1f + scale.get(0)) * (c - u));
        }
    }

    /** Arguments: logits, targets, weights, log-sum-exp, gradient of logits, rows, width, count, first. */
    static void crossEntropyBackward(KernelContext k, Banks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int width = words.get(row + 7);
        int first = words.get(row + 9);
        int live = Arguments.live(words, words.get(row + 8), first, words.get(row + 6));
        int all = live * width;
        Floats logits = memory.at(words, row, 1);
        int targets = words.get(row + 2);
        Floats weights = memory.at(words, row, 3);
        Floats logSumExp = memory.at(words, row, 4);
        Floats gradients = memory.at(words, row, 5);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int n = i / width;
            int entry = first + n;
            float gradient = TornadoMath.exp(logits.get(i) - logSumExp.get(entry));
            if (i - n * width == words.get(targets + entry)) {
                gradient = gradient - 1f;
            }
            gradients.set(i, weights.get(entry) * gradient);
        }
    }
}
