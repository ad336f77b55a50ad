package dev.unmask.train;

import dev.unmask.train.data.TokenBlocks;

/** Tokens below 32 that depend on the block. */
record CountedBlocks() implements TokenBlocks {
    @Override
    public long blocks(int length) {
        return 100;
    }

    @Override
    public void block(long index, int length, int[] into, int offset) {
        for (int i = 0; i < length; i++) {
            into[offset + i] = (int) ((index * 7 + i * (1 + index % 3)) % 32);
        }
    }
}
