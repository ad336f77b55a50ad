package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Who sees whom: for each position of each sequence of a batch up to two ranges of keys, on the host. What a kind of
 * attention is, causal, padded, in blocks, is nothing but what is written here.
 *
 * <p>At first nobody sees anybody. Keys are numbered from 0 within their sequence; a cache has more of them than there
 * are new positions.
 */
public final class Seen {
    private final int batch;
    private final int queries;
    private final int keys;
    private final int[] ranges;

    /**
     * Nobody sees anybody.
     *
     * @param batch number of sequences {@code B}
     * @param queries positions of each that look, {@code Tq}
     * @param keys positions of each that are looked at, {@code Tk}
     */
    public Seen(int batch, int queries, int keys) {
        if (batch < 1 || queries < 1 || keys < 1) {
            throw new IllegalArgumentException(
                    "seen: found " + batch + " sequences of " + queries + " queries and " + keys + " keys");
        }
        this.batch = batch;
        this.queries = queries;
        this.keys = keys;
        this.ranges = new int[Math.multiplyExact(Math.multiplyExact(batch, queries), Attention.RANGES)];
    }

    /**
     * Each position sees itself and those before it.
     *
     * @param batch number of sequences
     * @param length positions of each
     * @return what they see
     */
    public static Seen causal(int batch, int length) {
        return blockCausal(batch, length, 1);
    }

    /**
     * Sequences padded on the right: every position, a padded one too, sees those that are real.
     *
     * @param length positions of each sequence {@code T}
     * @param lengths of each sequence how many leading positions are real, from 0 to {@code T}
     * @return what they see
     */
    public static Seen lengths(int length, int... lengths) {
        Seen seen = new Seen(lengths.length, length, length);
        for (int b = 0; b < lengths.length; b++) {
            seen.all(b, 0, lengths[b]);
        }
        return seen;
    }

    /**
     * Blocks of equal size that go from left to right: a position sees its own block whole, and those before it.
     *
     * @param batch number of sequences
     * @param length positions of each; the last block may be shorter
     * @param block positions of a block; 1 is causal
     * @return what they see
     */
    public static Seen blockCausal(int batch, int length, int block) {
        requireBlock(block);
        Seen seen = new Seen(batch, length, length);
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < length; i++) {
                seen.see(b, i, 0, Math.min(i / block * block + block, length));
            }
        }
        return seen;
    }

    /**
     * Documents that lie one after the other in each sequence and do not see each other.
     *
     * @param length positions of each sequence {@code T}
     * @param causal whether a position sees only what is before it
     * @param documents of each sequence the positions of each document, at most {@code T} in all; those behind the last
     *     see nothing and are seen by none
     * @return what they see
     */
    public static Seen documents(int length, boolean causal, List<int[]> documents) {
        Seen seen = new Seen(documents.size(), length, length);
        for (int b = 0; b < documents.size(); b++) {
            int first = 0;
            for (int size : documents.get(b)) {
                for (int i = 0; i < size; i++) {
                    seen.see(b, first + i, first, causal ? i + 1 : size);
                }
                first += size;
            }
        }
        return seen;
    }

    /**
     * Training of block diffusion (METHOD §8.2): sequences {@code [noisy ; clean]}, each text twice. A noisy position
     * sees its own noisy block and the clean blocks before it; a clean one its own clean block and those before.
     *
     * @param batch number of sequences
     * @param length positions of a text; a sequence has twice as many
     * @param block positions of a block
     * @return what they see
     */
    public static Seen blockDiffusion(int batch, int length, int block) {
        requireBlock(block);
        Seen seen = new Seen(batch, Math.multiplyExact(2, length), 2 * length);
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < length; i++) {
                int first = i / block * block;
                int size = Math.min(block, length - first);
                seen.see(b, i, first, size, length, first);
                seen.see(b, length + i, length, first + size);
            }
        }
        return seen;
    }

    private static void requireBlock(int block) {
        if (block < 1) {
            throw new IllegalArgumentException("seen: found blocks of " + block + " positions, expected at least 1");
        }
    }

    /**
     * Lets a position see one range of keys, and nothing else.
     *
     * @param sequence from 0 to {@code B - 1}
     * @param query from 0 to {@code Tq - 1}
     * @param first the first key
     * @param count how many, at least 0
     * @return this
     * @throws IndexOutOfBoundsException if there is no such position or no such key
     */
    public Seen see(int sequence, int query, int first, int count) {
        return see(sequence, query, first, count, 0, 0);
    }

    /**
     * Lets a position see two ranges of keys, and nothing else.
     *
     * @param sequence from 0 to {@code B - 1}
     * @param query from 0 to {@code Tq - 1}
     * @param first the first key
     * @param count how many, at least 0
     * @param second the first key of the other range
     * @param secondCount how many, at least 0
     * @return this
     * @throws IndexOutOfBoundsException if there is no such position or no such key
     */
    public Seen see(int sequence, int query, int first, int count, int second, int secondCount) {
        Objects.checkIndex(sequence, batch);
        Objects.checkIndex(query, queries);
        Objects.checkFromIndexSize(first, count, keys);
        Objects.checkFromIndexSize(second, secondCount, keys);
        int at = (sequence * queries + query) * Attention.RANGES;
        ranges[at] = first;
        ranges[at + 1] = count;
        ranges[at + 2] = second;
        ranges[at + 3] = secondCount;
        return this;
    }

    /**
     * Lets every position of a sequence see one range of keys, and nothing else.
     *
     * @param sequence from 0 to {@code B - 1}
     * @param first the first key
     * @param count how many, at least 0
     * @return this
     * @throws IndexOutOfBoundsException if there is no such sequence or no such key
     */
    public Seen all(int sequence, int first, int count) {
        for (int query = 0; query < queries; query++) {
            see(sequence, query, first, count);
        }
        return this;
    }

    /** Lets nobody see anybody again. */
    public void clear() {
        Arrays.fill(ranges, 0);
    }

    /**
     * Writes it to where {@link Attention} reads it.
     *
     * @param tensor I32 {@code [B·Tq, 4]}
     */
    public void upload(Tensor tensor) {
        if (tensor.dtype() != DType.I32 || tensor.shape().elements() != ranges.length) {
            throw new IllegalArgumentException(
                    tensor + " has no room for what " + batch + " sequences of " + queries + " positions see");
        }
        tensor.set(ranges);
    }

    /**
     * The ranges as {@link Attention} reads them.
     *
     * @return a copy, {@code [B·Tq, 4]}: {@code first, count} twice
     */
    public int[] ranges() {
        return ranges.clone();
    }
}
