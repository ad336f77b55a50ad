package dev.unmask.sample;

import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * What a masked sampler asks: which tokens may stand at masked positions. A transformer, or anything else that knows,
 * such as a table in a test.
 */
public interface Denoiser {
    /**
     * The tokens that can be proposed.
     *
     * @return ids are below this
     */
    int vocabulary();

    /**
     * Ids that a sequence may hold.
     *
     * @return one more than the largest of the vocabulary and the mask token
     */
    int embeddingRows();

    /**
     * What stands at a position that is to be found.
     *
     * @return an id
     */
    int maskToken();

    /**
     * Positions that a sequence may have.
     *
     * @return the most
     */
    int maxLength();

    /**
     * Positions of a block, counted from position 0, whose tokens see their own block and those before it.
     *
     * @return 0: every token sees every other
     */
    int blockLength();

    /**
     * What the passes of all its sessions have computed so far.
     *
     * @return {@link Computed#NOTHING} where nobody counts
     */
    default Computed computed() {
        return Computed.NOTHING;
    }

    /**
     * Begins to sample a batch.
     *
     * @param batch sequences at the most of one pass
     * @param length positions of the longest of them
     * @param settings filters of logits, seed and caching hold for the whole session
     * @return who is asked in each step
     */
    Session open(int batch, int length, SamplerSettings settings);

    /**
     * Gives the logits of one position of some sequences.
     *
     * @param sequences at least one, of one length
     * @param prompt positions that guidance hides
     * @param position the position
     * @param guidance scale of guidance, 0 for none
     * @param rows receives the row {@code [V]} of each sequence, in their order
     */
    void logits(List<int[]> sequences, BitSet prompt, int position, double guidance, Rows rows);

    /**
     * Says how probable given tokens are.
     *
     * @param batch texts at the most of one pass; a caller that asks often gives the same number each time
     * @param texts at least one and at most so many, at least one position among all of them
     * @param guidance scale of guidance, 0 for none
     * @return {@code -ln p} of each token, nats, an entry for each position of each text, in their order
     */
    float[] crossEntropy(int batch, List<Scored> texts, double guidance);

    /** Receives rows of logits. */
    @FunctionalInterface
    interface Rows {
        /**
         * Takes a row that is overwritten by the next one.
         *
         * @param sequence which sequence it belongs to
         * @param logits {@code [V]}
         */
        void row(int sequence, float[] logits);
    }

    /** Answers the passes of one sampling. */
    @FunctionalInterface
    interface Session {
        /**
         * Asks for proposals in one pass.
         *
         * @param queries of different places, each about at least one position
         * @param guidance scale of guidance of this pass, 0 for none
         * @param step the random numbers of this pass
         * @return an entry for each position of each query, in their order
         */
        Proposals propose(List<Query> queries, double guidance, int step);
    }

    /**
     * A text with masks, some of whose positions are asked for given tokens.
     *
     * @param ids {@code [T]}: tokens and mask tokens
     * @param prompt the positions that guidance hides
     * @param positions the positions asked about
     * @param tokens of each position the token whose probability is asked for
     */
    record Scored(int[] ids, BitSet prompt, int[] positions, int[] tokens) {}

    /**
     * What is asked about one sequence.
     *
     * @param place of the sequence in the batch
     * @param ids {@code [T]}: tokens and mask tokens
     * @param prompt the positions that guidance hides
     * @param positions the positions asked about, ascending
     * @param firstKey what sets the random numbers of position 0 apart from all others; those of position {@code i} are
     *     set apart by {@code firstKey + i}
     * @param window the block that is being worked on
     * @param allowed of each position that is restricted, asked about or not, the ids that may stand there
     */
    record Query(
            int place,
            int[] ids,
            BitSet prompt,
            int[] positions,
            int firstKey,
            Window window,
            Map<Integer, BitSet> allowed) {
        /**
         * A question about positions where any token may stand.
         *
         * @param place of the sequence in the batch
         * @param ids {@code [T]}: tokens and mask tokens
         * @param prompt the positions that guidance hides
         * @param positions the positions asked about, ascending
         * @param firstKey what sets the random numbers of position 0 apart from all others
         * @param window the block that is being worked on
         */
        public Query(int place, int[] ids, BitSet prompt, int[] positions, int firstKey, Window window) {
            this(place, ids, prompt, positions, firstKey, window, Map.of());
        }
    }

    /**
     * The block of a sequence that is being worked on.
     *
     * @param from its first position
     * @param to one more than its last
     * @param fresh whether this is the first pass about it
     */
    record Window(int from, int to, boolean fresh) {}
}
