package dev.unmask.train;

import dev.unmask.model.Seen;

import java.util.Arrays;
import java.util.Objects;

/**
 * One micro-batch on the host, ready for a {@link LossFunction}: what the model sees and where its loss counts. The
 * arrays are filled again for every micro-batch.
 */
public final class LossBatch {
    final int batch;
    final int length;
    final int[] ids;
    final int[] positions;
    final Seen seen;
    final int[] rows;
    final int[] targets;
    final float[] weights;
    final int[] draw = new int[6];
    int count;

    /**
     * Room for a micro-batch, at positions {@code 0 … T-1}.
     *
     * @param batch number of sequences {@code B}, at least 1
     * @param length positions of each {@code T}, at least 1
     */
    public LossBatch(int batch, int length) {
        if (batch < 1 || length < 1) {
            throw new IllegalArgumentException(
                    "loss batch: found "
                            + batch
                            + " sequences of "
                            + length
                            + " positions, expected at least 1 of each");
        }
        int rows = Math.multiplyExact(batch, length);
        this.batch = batch;
        this.length = length;
        this.ids = new int[rows];
        this.positions = new int[rows];
        this.seen = new Seen(batch, length, length);
        this.rows = new int[rows];
        this.targets = new int[rows];
        this.weights = new float[rows];
        clear();
    }

    /**
     * What the model sees.
     *
     * @return {@code [B, T]}: token ids, to be filled in
     */
    public int[] ids() {
        return ids;
    }

    /** Forgets all sequences. */
    public void clear() {
        count = 0;
        Arrays.fill(ids, 0);
        Arrays.setAll(positions, i -> i % length);
        seen.clear();
    }

    /**
     * Names the random numbers of what is dropped: they depend on the seed, the step, and the number of a sequence
     * within it, not on how the step is cut into micro-batches.
     *
     * @param first of the first sequence; the others follow
     */
    public void draw(Objective.Draw first) {
        long row = (long) first.sequence() * length;
        for (int i = 0; i < 3; i++) {
            long number = i == 0 ? first.seed() : i == 1 ? first.step() : row;
            draw[2 * i] = (int) number;
            draw[2 * i + 1] = (int) (number >>> 32);
        }
    }

    /**
     * Lets one position count.
     *
     * @param row its row in {@code [B·T]}
     * @param target the right token there
     * @param weight what its cross-entropy counts
     */
    public void add(int row, int target, float weight) {
        rows[count] = row;
        targets[count] = target;
        weights[count] = weight;
        count++;
    }

    /**
     * Number of positions that count.
     *
     * @return from 0 to {@code B·T}
     */
    public int count() {
        return count;
    }

    /**
     * The part that belongs to one sequence.
     *
     * @param sequence from 0 to {@code B - 1}
     * @return its place
     */
    public Place place(int sequence) {
        return new Place(Objects.checkIndex(sequence, batch));
    }

    /** The part of a micro-batch that belongs to one sequence. */
    public final class Place {
        private final int sequence;

        private Place(int sequence) {
            this.sequence = sequence;
        }

        /**
         * Positions that the model is given.
         *
         * @return {@code T}, or what {@link Objective#inputLength} makes of it
         */
        public int length() {
            return length;
        }

        private int row(int position) {
            return sequence * length + Objects.checkIndex(position, length);
        }

        /**
         * Sets what the model sees.
         *
         * @param i from 0 to {@link #length} - 1
         * @param id a token id
         */
        public void token(int i, int id) {
            ids[row(i)] = id;
        }

        /**
         * Sets where a token stands; unless set it stands where it lies.
         *
         * @param i from 0 to {@link #length} - 1
         * @param position of its rotary embedding
         */
        public void position(int i, int position) {
            positions[row(i)] = position;
        }

        /**
         * Lets the cross-entropy at a position count.
         *
         * @param i from 0 to {@link #length} - 1
         * @param target the right token there
         * @param weight what it counts, already divided
         */
        public void count(int i, int target, double weight) {
            add(row(i), target, (float) weight);
        }

        /**
         * Lets all positions see the first ones.
         *
         * @param real how many, from 0 to {@link #length}
         */
        public void seeFirst(int real) {
            seen.all(sequence, 0, real);
        }

        /**
         * Lets a position see two ranges of positions, see {@link Seen#see(int, int, int, int, int, int)}.
         *
         * @param i from 0 to {@link #length} - 1
         * @param first the first of the one
         * @param size how many
         * @param second the first of the other
         * @param secondSize how many
         */
        public void see(int i, int first, int size, int second, int secondSize) {
            seen.see(sequence, i, first, size, second, secondSize);
        }
    }
}
