package dev.unmask.model.tokenizer;

import java.util.Arrays;

/**
 * Remembers the tokens of pieces of text that were encoded before. Bounded: a piece takes the place of another with the
 * same hash. Shared between threads without a lock: an entry is immutable, so that a thread sees a whole entry or an
 * older one, and either is right.
 */
final class PieceCache {
    private static final int ENTRIES = 1 << 16;
    private static final int LONGEST = 48;

    private final Entry[] entries = new Entry[ENTRIES];

    private static final class Entry {
        private final char[] piece;
        private final int[] ids;

        Entry(char[] piece, int[] ids) {
            this.piece = piece;
            this.ids = ids;
        }
    }

    /** The tokens of {@code text[start, end)}, not to be written to; null if they are not known. */
    int[] get(char[] text, int start, int end) {
        if (end - start > LONGEST) {
            return null;
        }
        Entry entry = entries[slot(text, start, end)];
        return entry != null && Arrays.equals(entry.piece, 0, entry.piece.length, text, start, end) ? entry.ids : null;
    }

    void put(char[] text, int start, int end, int[] ids) {
        if (end - start <= LONGEST) {
            entries[slot(text, start, end)] = new Entry(Arrays.copyOfRange(text, start, end), ids);
        }
    }

    private static int slot(char[] text, int start, int end) {
        int hash = PieceCounts.hash(text, start, end);
        return hash & ENTRIES - 1;
    }
}
