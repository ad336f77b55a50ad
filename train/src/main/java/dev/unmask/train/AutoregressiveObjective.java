package dev.unmask.train;

import java.util.List;

/**
 * Next-token prediction (METHOD §2.2): the mean cross-entropy of each token given those before it. Tokens that are
 * given, or fill a sequence up behind its end of text, are not learnt (METHOD §3).
 *
 * @param settings how losses are divided
 */
public record AutoregressiveObjective(ObjectiveSettings settings) implements Objective {
    /** The published objective. */
    public AutoregressiveObjective() {
        this(ObjectiveSettings.DEFAULT);
    }

    @Override
    public int blockLength(int length) {
        return length + 1;
    }

    @Override
    public boolean isExact() {
        return true;
    }

    @Override
    public int paddedTogether() {
        return settings.padTogether();
    }

    @Override
    public double divisor(List<Sequence> step) {
        return settings.divisor(step, AutoregressiveObjective::learnt);
    }

    /** The first position whose next token is learnt. */
    private static int first(Sequence sequence) {
        return Math.max(0, sequence.given() - 1);
    }

    private static int learnt(Sequence sequence) {
        return Math.max(0, Math.min(sequence.length(), sequence.text() - 1) - first(sequence));
    }

    @Override
    public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
        int first = first(sequence);
        int learnt = learnt(sequence);
        double weight =
                settings.divisor() == ObjectiveSettings.Divisor.SEQUENCES ? 1.0 / (divisor * learnt) : 1.0 / divisor;
        for (int i = 0; i < into.length(); i++) {
            into.token(i, sequence.tokens()[i]);
            if (i >= first && i < first + learnt) {
                into.count(i, sequence.tokens()[i + 1], weight);
            }
        }
    }
}
