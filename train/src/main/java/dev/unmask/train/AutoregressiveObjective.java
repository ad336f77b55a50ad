package dev.unmask.train;

/** Next-token prediction (METHOD §2.2): the mean cross-entropy of each token given those before it. */
public record AutoregressiveObjective() implements Objective {
    @Override
    public int blockLength(int length) {
        return length + 1;
    }

    @Override
    public void prepare(int[] clean, Draw draw, int sequences, int length, LossBatch into) {
        into.clear();
        int stride = into.length;
        float weight = (float) (1.0 / ((double) sequences * length));
        for (int b = 0; b < into.batch; b++) {
            for (int i = 0; i < stride; i++) {
                int row = b * stride + i;
                int from = b * (stride + 1) + i;
                into.ids[row] = clean[from];
                if (i < length) {
                    into.add(row, clean[from + 1], weight);
                }
            }
            into.lengths[b] = length;
        }
    }
}
