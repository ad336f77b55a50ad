package dev.unmask.train.records;

import dev.unmask.train.data.TokenBlocks;

import java.util.List;

/**
 * Records as training text, each a sequence of its own.
 *
 * @param records a token a field, see {@link Schema#encode}
 */
public record RecordBlocks(List<int[]> records) implements TokenBlocks {
    /** Keeps the list as it is. */
    public RecordBlocks {
        records = List.copyOf(records);
    }

    @Override
    public long blocks(int length) {
        return records.size();
    }

    @Override
    public void block(long index, int length, int[] into, int offset) {
        System.arraycopy(records.get((int) index), 0, into, offset, length);
    }
}
