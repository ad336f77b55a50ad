package dev.unmask.tornado;

import dev.unmask.tensor.kernel.Attention;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What device kernels make of the ranges of keys that a query sees; see {@link Attention}. */
final class SeenKeys {
    private SeenKeys() {}

    /** The first key of a range, 0 or 1, of a query's row; without ranges the first one is of all keys. */
    static int first(IntArray words, int ranges, int row, int range, int keys) {
        int first = 0;
        if (ranges >= 0) {
            first = Math.max(0, Math.min(keys, words.get(ranges + row * 4 + range * 2)));
        }
        return first;
    }

    /** After the last key of a range. */
    static int end(IntArray words, int ranges, int row, int range, int keys) {
        int end = keys * (1 - range);
        if (ranges >= 0) {
            int at = ranges + row * 4 + range * 2;
            int first = words.get(at);
            int count = Math.max(0, words.get(at + 1));
            // The sum of large numbers would wrap around.
            end = Math.max(0, Math.min(keys, first + Math.min(count, keys - Math.min(keys, first))));
        }
        return end;
    }

    /** The first key that one of 16 queries sees of a range; all keys if none sees any. */
    static int low(IntArray words, int ranges, int row, int count, int range, int keys) {
        int low = keys;
        for (int t = 0; t < count; t++) {
            int first = first(words, ranges, row + t, range, keys);
            if (first < end(words, ranges, row + t, range, keys)) {
                low = Math.min(low, first);
            }
        }
        return low;
    }

    /** After the last key that one of 16 queries sees of a range; 0 if none sees any. */
    static int high(IntArray words, int ranges, int row, int count, int range, int keys) {
        int high = 0;
        for (int t = 0; t < count; t++) {
            int end = end(words, ranges, row + t, range, keys);
            if (end > first(words, ranges, row + t, range, keys)) {
                high = Math.max(high, end);
            }
        }
        return high;
    }

    /** The tile of keys after one, past those between two ranges, which nobody sees. */
    static int next(int start, int low, int high, int secondLow, int secondHigh) {
        int next = start + 16;
        int behind = Math.max(low, secondLow) / 16 * 16;
        int before = high;
        if (secondLow < low) {
            before = secondHigh;
        }
        if (next >= before && next < behind) {
            next = behind;
        }
        return next;
    }

    /**
     * 1 if a key is in one of two ranges, else 0: from the signs of its distances to their ends. By comparisons joined
     * with {@code &&} and {@code ||}, TornadoVM 5.2.0 wrote OpenCL code that lacks a negation, so that no key was seen.
     */
    static int within(int key, int first, int end, int second, int secondEnd) {
        int inside = ~((key - first) | (end - 1 - key));
        int insideSecond = ~((key - second) | (secondEnd - 1 - key));
        return (inside | insideSecond) >>> 31;
    }
}
