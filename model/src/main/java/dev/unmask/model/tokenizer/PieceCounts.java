package dev.unmask.model.tokenizer;

import java.util.Arrays;

/**
 * How often each piece of text occurs in a corpus, in bounded memory: when there are too many different pieces, the
 * rare ones are dropped, those seen once, then up to twice, four times and so on until half of the room is free. Which
 * ones are dropped depends only on the text read so far.
 */
final class PieceCounts {
    private static final int FIRST_CAPACITY = 1 << 14;

    private final int most;
    private char[][] pieces = new char[FIRST_CAPACITY][];
    private long[] counts = new long[FIRST_CAPACITY];
    private int size;

    PieceCounts(int most) {
        this.most = most;
    }

    /** What is done with each piece. */
    interface Visitor {
        void visit(char[] piece, long count);
    }

    static int hash(char[] text, int start, int end) {
        int hash = 0;
        for (int i = start; i < end; i++) {
            hash = hash * 31 + text[i];
        }
        hash *= 0x9E3779B9;
        return hash ^ hash >>> 15;
    }

    void add(char[] text, int start, int end) {
        int slot = slot(text, start, end);
        if (pieces[slot] == null) {
            if (size == most) {
                dropRare();
            }
            if (2 * size >= pieces.length) {
                rebuild(2 * pieces.length, 0);
            }
            slot = slot(text, start, end);
            pieces[slot] = Arrays.copyOfRange(text, start, end);
            size++;
        }
        counts[slot]++;
    }

    void forEach(Visitor visitor) {
        for (int i = 0; i < pieces.length; i++) {
            if (pieces[i] != null) {
                visitor.visit(pieces[i], counts[i]);
            }
        }
    }

    private void dropRare() {
        for (long least = 1; size > most / 2; least *= 2) {
            rebuild(pieces.length, least);
        }
    }

    /** Keeps the pieces that were seen more often than {@code least}. */
    private void rebuild(int capacity, long least) {
        char[][] oldPieces = pieces;
        long[] oldCounts = counts;
        pieces = new char[capacity][];
        counts = new long[capacity];
        size = 0;
        for (int i = 0; i < oldPieces.length; i++) {
            if (oldPieces[i] != null && oldCounts[i] > least) {
                int slot = slot(oldPieces[i], 0, oldPieces[i].length);
                pieces[slot] = oldPieces[i];
                counts[slot] = oldCounts[i];
                size++;
            }
        }
    }

    private int slot(char[] text, int start, int end) {
        int slot = hash(text, start, end) & pieces.length - 1;
        while (pieces[slot] != null && !Arrays.equals(pieces[slot], 0, pieces[slot].length, text, start, end)) {
            slot = slot + 1 & pieces.length - 1;
        }
        return slot;
    }
}
