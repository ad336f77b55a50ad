package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.nio.file.Path;

/** The checks of everything that is read by blocks. */
final class BlockRange {
    private BlockRange() {}

    static void checkLength(int length) {
        if (length < 1) {
            throw new InputException("block length: found " + length + ", expected at least 1");
        }
    }

    static void checkIndex(long index, long blocks, int length) {
        if (index < 0 || index >= blocks) {
            throw new IndexOutOfBoundsException(
                    "block " + index + " of " + length + " tokens: expected 0 to below " + blocks);
        }
    }

    static void checkIds(Path file, long first, int vocabulary, int[] ids, int offset, int length) {
        for (int i = 0; i < length; i++) {
            if (ids[offset + i] < 0 || ids[offset + i] >= vocabulary) {
                throw new InputException(
                        file
                                + ": token "
                                + (first + i)
                                + " has the id "
                                + ids[offset + i]
                                + ", expected 0 to below the vocabulary of "
                                + vocabulary
                                + "; the file is damaged or was packed with another tokenizer, pack the text again");
            }
        }
    }
}
