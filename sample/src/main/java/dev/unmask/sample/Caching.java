package dev.unmask.sample;

import java.util.BitSet;

/**
 * Which positions a pass computes anew, and which keep the keys and values of an earlier pass (METHOD §8.4). In a model
 * whose positions all see each other a kept key is out of date as soon as anything changes, so that all but {@link
 * #NONE} trade agreement for speed.
 */
public interface Caching {
    /** Every pass computes every position. */
    Caching NONE =
            new Caching() {
                @Override
                public BitSet fresh(Pass pass) {
                    return pass.all();
                }

                @Override
                public String toString() {
                    return "none";
                }
            };

    /**
     * Fast-dLLM's prefix cache: the first pass of a block computes everything, the others only the block and what
     * follows.
     */
    Caching PREFIX = new OfBlocks(false);

    /** Fast-dLLM's dual cache: the first pass of a block computes everything, the others only the block. */
    Caching DUAL = new OfBlocks(true);

    /**
     * What is about to be computed.
     *
     * @param ids {@code [T]}: tokens and mask tokens now
     * @param before {@code [T]}: the same in the pass before
     * @param maskToken what stands at masked positions
     * @param window the block that is being worked on
     * @param first whether no pass of this block has computed everything
     * @param since passes since one that computed everything
     */
    record Pass(int[] ids, int[] before, int maskToken, Denoiser.Window window, boolean first, int since) {
        /** All positions. */
        BitSet all() {
            BitSet all = new BitSet(ids.length);
            all.set(0, ids.length);
            return all;
        }
    }

    /**
     * The positions that a pass computes; those asked about are always among them.
     *
     * @param pass what is about to be computed
     * @return positions
     */
    BitSet fresh(Pass pass);

    /**
     * Caches that are renewed with every block.
     *
     * @param dual whether what follows the block is kept too
     */
    record OfBlocks(boolean dual) implements Caching {
        @Override
        public BitSet fresh(Pass pass) {
            if (pass.first) {
                return pass.all();
            }
            BitSet positions = new BitSet(pass.ids.length);
            positions.set(pass.window.from(), dual ? pass.window.to() : pass.ids.length);
            return positions;
        }
    }

    /**
     * dKV-Cache: masked positions are computed in every pass, tokens once more after they were placed and then kept;
     * every so many passes everything is.
     *
     * @param refresh passes from one that computes everything to the next, at least 1
     */
    record Delayed(int refresh) implements Caching {
        /** Checks the number. */
        public Delayed {
            Expect.atLeast("passes between refreshes of the cache", refresh, 1);
        }

        @Override
        public BitSet fresh(Pass pass) {
            if (pass.since + 1 >= refresh) {
                return pass.all();
            }
            BitSet positions = new BitSet(pass.ids.length);
            for (int i = 0; i < pass.ids.length; i++) {
                positions.set(i, pass.ids[i] == pass.maskToken || pass.ids[i] != pass.before[i]);
            }
            return positions;
        }
    }
}
