package dev.unmask.vector;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;

/**
 * Where in the operands of attention, and of its gradient, the rows of a head lie, and which keys a query sees. Offsets
 * are in bytes from an operand's start: of fused rows, of rows of what comes out, of numbers for each query.
 */
final class AttentionLayout {
    /** Layout of a fused row. */
    final Heads heads;

    /** Sequences. */
    final int batch;

    /** Whether a query sees no key after its own. */
    final boolean causal;

    /** Queries of a sequence. */
    final int queryLength;

    /** Elements of a head. */
    final int size;

    /** What scores are multiplied by. */
    final float scale;

    /** Bytes from a fused row to the next. */
    final long stride;

    /** Bytes from a row of what comes out to the next. */
    final long outStride;

    private final int keyLength;
    private final long lengths;

    private AttentionLayout(Heads heads, int batch, boolean causal, int queryLength, int keyLength, long lengths) {
        this.heads = heads;
        this.batch = batch;
        this.causal = causal;
        this.queryLength = queryLength;
        this.keyLength = keyLength;
        this.lengths = lengths;
        size = heads.size();
        scale = (float) (1 / Math.sqrt(size));
        stride = (long) heads.fusedWidth() * Float.BYTES;
        outStride = (long) heads.width() * Float.BYTES;
    }

    static AttentionLayout of(Attention kernel, Binding binding) {
        return new AttentionLayout(
                kernel.heads(),
                kernel.batch(),
                kernel.causal(),
                kernel.queryLength(),
                kernel.keyLength(),
                kernel.lengths().map(binding::address).orElse(0L));
    }

    static AttentionLayout of(AttentionBackward kernel, Binding binding) {
        return new AttentionLayout(
                kernel.heads(),
                kernel.batch(),
                kernel.causal(),
                kernel.length(),
                kernel.length(),
                kernel.lengths().map(binding::address).orElse(0L));
    }

    /** How many keys a sequence has. */
    int keys(int sequence) {
        return lengths == 0 ? keyLength : Math.clamp(Memory.i32(lengths + 4L * sequence), 0, keyLength);
    }

    /** The last key that a causal query sees, which is its position: the last query is at the last key. */
    int lastKey(int query, int keys) {
        return keys - queryLength + query;
    }

    /** How many keys some queries see together. */
    int seen(int query, int count, int keys) {
        return causal ? Math.clamp((long) lastKey(query, keys) + count, 0, keys) : keys;
    }

    /** In fused rows, the first key of a group. */
    long key(int sequence, int group) {
        return (long) sequence * keyLength * stride + (long) heads.keyColumn(group) * Float.BYTES;
    }

    /** In fused rows, the first value of a group. */
    long value(int sequence, int group) {
        return (long) sequence * keyLength * stride + (long) heads.valueColumn(group) * Float.BYTES;
    }

    /** In fused rows, a query of a head. */
    long query(int sequence, int head, int query) {
        return row(sequence, query) * stride + (long) heads.queryColumn(head) * Float.BYTES;
    }

    /** In rows of what comes out, what comes out for a query of a head. */
    long out(int sequence, int head, int query) {
        return row(sequence, query) * outStride + (long) head * size * Float.BYTES;
    }

    /** In {@code [batch, heads, queries]}, the number of a query. */
    long number(int sequence, int head, int query) {
        return (((long) sequence * heads.count() + head) * queryLength + query) * Float.BYTES;
    }

    private long row(int sequence, int query) {
        return (long) sequence * queryLength + query;
    }
}
