package dev.unmask.model.tokenizer;

import java.util.Arrays;

/** A growing array of ids. */
final class TokenIds {
    private int[] ids;
    private int size;

    TokenIds(int capacity) {
        this.ids = new int[capacity];
    }

    void add(int id) {
        reserve(1);
        ids[size++] = id;
    }

    void add(int[] more) {
        reserve(more.length);
        System.arraycopy(more, 0, ids, size, more.length);
        size += more.length;
    }

    int[] toArray() {
        return Arrays.copyOf(ids, size);
    }

    private void reserve(int more) {
        if (size + more > ids.length) {
            ids = Arrays.copyOf(ids, Math.max(size + more, 2 * ids.length));
        }
    }
}
