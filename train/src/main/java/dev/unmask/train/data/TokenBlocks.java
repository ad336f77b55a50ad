package dev.unmask.train.data;

/** A long sequence of token ids, cut into blocks of equal length: what a trainer reads. */
public interface TokenBlocks {
    /**
     * How many whole blocks there are.
     *
     * @param length tokens of a block
     * @return the number of blocks, at least 0
     */
    long blocks(int length);

    /**
     * Reads one block.
     *
     * @param index from 0 to below {@code blocks(length)}
     * @param length tokens of a block
     * @param into receives the ids
     * @param offset where in {@code into} the first goes
     */
    void block(long index, int length, int[] into, int offset);
}
