package dev.unmask.sample;

import dev.unmask.tensor.InputException;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * Which positions a pass computes anew, and which keep the keys and values of an earlier pass (METHOD §8.4). In a model
 * whose positions all see each other a kept key is out of date as soon as anything changes, so that all but {@link
 * #NONE} trade agreement for speed. A model of blocks is another matter: {@link #EXACT}.
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
     * What a model of blocks allows: a position sees its own block and those before it, so that finished blocks are
     * computed once when they are, and never again. The same tokens as without a cache.
     */
    Caching EXACT =
            new Caching() {
                @Override
                public BitSet fresh(Pass pass) {
                    int block = pass.block;
                    int end = Math.min(pass.ids.length, Math.ceilDiv(pass.window.to(), block) * block);
                    int first = pass.window.from();
                    for (int i = 0; i < first; i++) {
                        if (pass.ids[i] != pass.held[i]) {
                            first = i;
                        }
                    }
                    BitSet positions = new BitSet(pass.ids.length);
                    positions.set(first / block * block, end);
                    return positions;
                }

                @Override
                public String toString() {
                    return "exact";
                }
            };

    /** What flags and files call them. */
    List<String> NAMES = List.of("none", "prefix", "dual", "delayed", "exact");

    /**
     * Finds a cache by its name.
     *
     * @param name for example {@code dual}; {@code delayed} renews everything every {@link Delayed#REFRESH} passes
     * @return the cache
     * @throws InputException if there is none of that name
     */
    static Caching of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "none" -> NONE;
            case "prefix" -> PREFIX;
            case "dual" -> DUAL;
            case "delayed" -> new Delayed(Delayed.REFRESH);
            case "exact" -> EXACT;
            default ->
                    throw new InputException("cache: found " + name + ", expected one of " + String.join(", ", NAMES));
        };
    }

    /** Stands for no token. */
    int NOTHING = -1;

    /**
     * What is about to be computed.
     *
     * @param ids {@code [T]}: tokens and mask tokens now
     * @param held {@code [T]}: of each position the token whose keys and values are held; {@link #NOTHING}: none
     * @param maskToken what stands at masked positions
     * @param window the block that is being worked on
     * @param first whether no pass of this block has computed everything
     * @param since passes since one that computed everything
     * @param block positions of a block of the model; 0: every position sees every other
     */
    record Pass(int[] ids, int[] held, int maskToken, Denoiser.Window window, boolean first, int since, int block) {
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

        @Override
        public String toString() {
            return dual ? "dual" : "prefix";
        }
    }

    /**
     * dKV-Cache: masked positions are computed in every pass, tokens once more after they were placed and then kept;
     * every so many passes everything is.
     *
     * @param refresh passes from one that computes everything to the next, at least 1
     */
    record Delayed(int refresh) implements Caching {
        /** From one pass that computes everything to the next, where nobody says otherwise. */
        public static final int REFRESH = 8;

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
                positions.set(i, pass.ids[i] == pass.maskToken || pass.ids[i] != pass.held[i]);
            }
            return positions;
        }

        @Override
        public String toString() {
            return "delayed, " + refresh;
        }
    }
}
