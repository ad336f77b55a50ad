package dev.unmask.vector.attention;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.vector.work.HeadAddresses;
import dev.unmask.vector.work.Operands;

import java.util.Optional;

/** Where the operands of attention, and of its gradient, lie, and which keys a query sees. */
final class AttentionLayout {
    /** Query heads. */
    final int heads;

    /** Key and value heads. */
    final int groups;

    /** Query heads that share a key and a value. */
    final int perGroup;

    /** Sequences. */
    final int batch;

    /** Queries of a sequence. */
    final int queryLength;

    /** Keys of a sequence. */
    final int keyLength;

    /** Elements of a head. */
    final int size;

    /** What scores are multiplied by. */
    final float scale;

    final HeadAddresses queries;
    final HeadAddresses keys;
    final HeadAddresses values;

    /** Which keys queries see. */
    final SeenKeys seen;

    /** Bytes from a row of what comes out to the next. */
    final long outStride;

    private AttentionLayout(
            HeadRows queries, HeadRows keys, HeadRows values, int batch, Optional<Tensor> seen, Operands operands) {
        this.heads = queries.count();
        this.groups = keys.count();
        this.perGroup = heads / groups;
        this.batch = batch;
        this.queryLength = queries.rows() / batch;
        this.keyLength = keys.rows() / batch;
        this.size = queries.size();
        this.scale = (float) (1 / Math.sqrt(size));
        this.queries = HeadAddresses.of(queries, operands);
        this.keys = HeadAddresses.of(keys, operands);
        this.values = HeadAddresses.of(values, operands);
        this.seen =
                new SeenKeys(
                        batch, queryLength, keyLength, seen.map(operands::address).orElse(0L), operands.workspace());
        this.outStride = (long) heads * size * Float.BYTES;
    }

    static AttentionLayout of(Attention kernel, Operands operands) {
        return new AttentionLayout(
                kernel.queries(), kernel.keys(), kernel.values(), kernel.batch(), kernel.seen(), operands);
    }

    static AttentionLayout of(AttentionBackward kernel, Operands operands) {
        return new AttentionLayout(
                kernel.queries(), kernel.keys(), kernel.values(), kernel.batch(), kernel.seen(), operands);
    }

    /** The number of a query's row. */
    long row(int sequence, int query) {
        return (long) sequence * queryLength + query;
    }

    /** The number of a key's row. */
    long keyRow(int sequence, int key) {
        return (long) sequence * keyLength + key;
    }

    /** In rows of what comes out, bytes to what comes out for a query of a head. */
    long out(int sequence, int head, int query) {
        return row(sequence, query) * outStride + (long) head * size * Float.BYTES;
    }

    /** In {@code [batch, heads, queries]}, bytes to the number of a query. */
    long number(int sequence, int head, int query) {
        return (((long) sequence * heads + head) * queryLength + query) * Float.BYTES;
    }
}
