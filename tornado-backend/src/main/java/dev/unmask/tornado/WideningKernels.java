package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The device kernel that reads bfloat16, of which a word of 32 bits holds two, the first in its lower half. */
final class WideningKernels {
    private static final int HALF_BITS = 16;

    private WideningKernels() {}

    /**
     * Arguments: ids or none, source, target, n, width. The {@code n} elements of some rows of the source, or its first
     * ones, become float32, whose upper half a bfloat16 is.
     */
    static void widen(KernelContext k, RawBanks memory, IntArray words) {
        int row = Arguments.row(k, words);
        int ids = words.get(row + 1);
        int source = words.get(row + 2);
        int sourceBank = words.get(row + Arguments.BANKS + 2);
        int target = words.get(row + 3);
        int targetBank = words.get(row + Arguments.BANKS + 3);
        int all = words.get(row + 4);
        int width = words.get(row + 5);
        for (int i = k.groupIdx * 256 + k.localIdx; i < all && i < k.groupIdx * 256 + 256; i += 64) {
            int at = i;
            if (ids >= 0) {
                int n = i / width;
                at = words.get(ids + n) * width + i - n * width;
            }
            int two = memory.get(sourceBank, source + at / 2);
            int bits = two >> HALF_BITS;
            if (at / 2 * 2 == at) {
                bits = two;
            }
            memory.set(targetBank, target + i, bits << HALF_BITS);
        }
    }
}
