package dev.unmask.train;

/**
 * One micro-batch on the host, ready for a {@link LossFunction}: what the model sees and where its loss counts. The
 * arrays are filled again for every micro-batch.
 */
public final class LossBatch {
    final int batch;
    final int length;
    final int[] ids;
    final int[] lengths;
    final int[] rows;
    final int[] targets;
    final float[] weights;
    int count;

    /**
     * Room for a micro-batch.
     *
     * @param batch number of sequences {@code B}
     * @param length positions of each {@code T}
     */
    public LossBatch(int batch, int length) {
        this.batch = batch;
        this.length = length;
        this.ids = new int[batch * length];
        this.lengths = new int[batch];
        this.rows = new int[batch * length];
        this.targets = new int[batch * length];
        this.weights = new float[batch * length];
    }

    /**
     * What the model sees.
     *
     * @return {@code [B, T]}: token ids, to be filled in
     */
    public int[] ids() {
        return ids;
    }

    /** Forgets which positions count. */
    void clear() {
        count = 0;
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
}
