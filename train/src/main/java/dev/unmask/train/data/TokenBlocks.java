package dev.unmask.train.data;

import dev.unmask.tensor.Philox;

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

    /**
     * How a block is to be learnt.
     *
     * @param index from 0 to below {@code blocks(length)}
     * @param length tokens of a block
     * @return unless said otherwise all of it is text, and none is given
     */
    default Extent extent(long index, int length) {
        return new Extent(0, length);
    }

    /**
     * In which order blocks are trained on: a pure function of the seed and the position.
     *
     * @param seed of the run
     * @param length tokens of a block, of which there is at least one
     * @return unless said otherwise all blocks once, in random order, then all once more in another
     */
    default Order order(long seed, int length) {
        long blocks = blocks(length);
        return position -> Philox.permute(seed, position / blocks, blocks, position % blocks);
    }

    /** Which block stands at a position of a run. */
    @FunctionalInterface
    interface Order {
        /**
         * The block at a position.
         *
         * @param position from 0, over all steps of a run
         * @return from 0 to below the number of blocks
         */
        long block(long position);
    }

    /**
     * How a block is to be learnt.
     *
     * @param given tokens at its beginning that a model is told, as a prompt
     * @param text tokens of text, those given and an end-of-text token included; the rest fills the block up
     */
    record Extent(int given, int text) {}
}
