package dev.unmask.train;

/** Next-token prediction (METHOD §2.2): the mean cross-entropy of each token given those before it. */
public record AutoregressiveObjective() implements Objective {
    @Override
    public int blockLength(int length) {
        return length + 1;
    }

    @Override
    public boolean isExact() {
        return true;
    }

    @Override
    public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
        double weight = 1.0 / (divisor * sequence.length());
        for (int i = 0; i < into.length(); i++) {
            into.token(i, sequence.tokens()[i]);
            if (i < sequence.length()) {
                into.count(i, sequence.tokens()[i + 1], weight);
            }
        }
    }
}
