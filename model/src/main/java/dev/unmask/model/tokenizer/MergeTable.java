package dev.unmask.model.tokenizer;

import java.util.Arrays;
import java.util.List;

/**
 * The merges of a byte-pair encoding: which pairs of tokens become one, the earlier learnt the sooner (Sennrich et al.
 * 2016). An open-addressed table, as this is the inner loop of encoding.
 */
final class MergeTable {
    private static final long EMPTY = -1;

    private final long[] pairs;
    private final int[] ranks;
    private final int[] results;
    private final int shift;

    /**
     * One merge.
     *
     * @param left the id of the left token
     * @param right the id of the right token
     * @param result the id of the two together
     */
    record Merge(int left, int right, int result) {}

    MergeTable(List<Merge> merges) {
        int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(merges.size()));
        this.pairs = new long[1 << bits];
        this.ranks = new int[1 << bits];
        this.results = new int[1 << bits];
        this.shift = 64 - bits;
        Arrays.fill(pairs, EMPTY);
        for (int rank = 0; rank < merges.size(); rank++) {
            Merge merge = merges.get(rank);
            // Of a pair that is listed twice the last counts, as in Hugging Face's library.
            int slot = slot(merge.left(), merge.right());
            pairs[slot] = pair(merge.left(), merge.right());
            ranks[slot] = rank;
            results[slot] = merge.result();
        }
    }

    /**
     * Merges the tokens of a piece until no pair is left, lowest rank first, then leftmost.
     *
     * @param ids the tokens of the single bytes; overwritten
     * @return the tokens of the piece
     */
    int[] apply(int[] ids) {
        int n = ids.length;
        if (n < 2) {
            return ids;
        }
        int[] next = new int[n];
        int[] previous = new int[n];
        Candidates candidates = new Candidates(n);
        for (int i = 0; i < n; i++) {
            next[i] = i + 1 < n ? i + 1 : -1;
            previous[i] = i - 1;
            offer(candidates, ids, i, next[i]);
        }
        int left = n;
        while (!candidates.isEmpty()) {
            long best = candidates.poll();
            int at = (int) best;
            int right = ids[at] < 0 ? -1 : next[at];
            if (right < 0) {
                continue;
            }
            int slot = slot(ids[at], ids[right]);
            if (pairs[slot] == EMPTY || ranks[slot] != (int) (best >>> 32)) {
                // One of the two has been merged with another token since.
                continue;
            }
            ids[at] = results[slot];
            ids[right] = -1;
            next[at] = next[right];
            if (next[at] >= 0) {
                previous[next[at]] = at;
            }
            left--;
            offer(candidates, ids, at, next[at]);
            if (previous[at] >= 0) {
                offer(candidates, ids, previous[at], at);
            }
        }
        int[] tokens = new int[left];
        int count = 0;
        for (int i = 0; i >= 0; i = next[i]) {
            tokens[count++] = ids[i];
        }
        return tokens;
    }

    private void offer(Candidates candidates, int[] ids, int left, int right) {
        if (right >= 0) {
            int slot = slot(ids[left], ids[right]);
            if (pairs[slot] != EMPTY) {
                candidates.offer((long) ranks[slot] << 32 | left);
            }
        }
    }

    /** Where a pair is, or the free place where it would be. */
    private int slot(int left, int right) {
        long pair = pair(left, right);
        int slot = (int) (pair * 0x9E3779B97F4A7C15L >>> shift);
        while (pairs[slot] != pair && pairs[slot] != EMPTY) {
            slot = slot + 1 & pairs.length - 1;
        }
        return slot;
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    /** A binary heap of primitive longs, smallest first: rank above, position below. */
    private static final class Candidates {
        private long[] heap;
        private int size;

        Candidates(int capacity) {
            this.heap = new long[capacity];
        }

        boolean isEmpty() {
            return size == 0;
        }

        void offer(long value) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, 2 * size);
            }
            int child = size++;
            while (child > 0 && heap[(child - 1) / 2] > value) {
                heap[child] = heap[(child - 1) / 2];
                child = (child - 1) / 2;
            }
            heap[child] = value;
        }

        long poll() {
            long least = heap[0];
            long last = heap[--size];
            int parent = 0;
            while (2 * parent + 1 < size) {
                int child = 2 * parent + 1;
                if (child + 1 < size && heap[child + 1] < heap[child]) {
                    child++;
                }
                if (heap[child] >= last) {
                    break;
                }
                heap[parent] = heap[child];
                parent = child;
            }
            heap[parent] = last;
            return least;
        }
    }
}
