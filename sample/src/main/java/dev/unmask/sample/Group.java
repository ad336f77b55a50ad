package dev.unmask.sample;

import java.util.Arrays;

/**
 * Masked places among which a step unmasks the best.
 *
 * @param places each {@code sequence · T + position}, ascending
 * @param take how many of them to unmask
 */
record Group(int[] places, int take) {
    /**
     * The entries of a range with the highest scores, the earlier one among equals.
     *
     * @throws IllegalStateException if a score is not a number
     */
    static int[] best(float[] scores, int from, int size, int take) {
        // A long holds a score, turned so that the highest comes first, above the entry's number.
        long[] keys = new long[size];
        for (int i = 0; i < size; i++) {
            float score = scores[from + i];
            Expect.prediction(score);
            int bits = Float.floatToIntBits(score + 0f);
            int ordered = bits ^ (bits >> 31 & Integer.MAX_VALUE);
            keys[i] = (long) ~ordered << 32 | from + i;
        }
        Arrays.sort(keys);
        int[] entries = new int[take];
        for (int i = 0; i < take; i++) {
            entries[i] = (int) keys[i];
        }
        return entries;
    }
}
