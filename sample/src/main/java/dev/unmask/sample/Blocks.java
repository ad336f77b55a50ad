package dev.unmask.sample;

import java.util.OptionalInt;

/**
 * Whether all masked positions of a sequence compete for being unmasked, or only those of one block at a time, from
 * left to right (semi-autoregressive, METHOD §8.3). Steps are shared evenly among blocks, each has at least one.
 *
 * @param length positions of a block, counted from the first masked one (in a model of blocks from the first of its
 *     block), at least 1; empty: one block, of a model of blocks its own
 */
public record Blocks(OptionalInt length) {
    /** One block. */
    public static final Blocks WHOLE = new Blocks(OptionalInt.empty());

    /** Checks the number. */
    public Blocks {
        length.ifPresent(value -> Expect.atLeast("block length", value, 1));
    }

    /**
     * Blocks of one length; the last may be shorter.
     *
     * @param length positions, at least 1
     * @return the blocks
     */
    public static Blocks of(int length) {
        return new Blocks(OptionalInt.of(length));
    }
}
