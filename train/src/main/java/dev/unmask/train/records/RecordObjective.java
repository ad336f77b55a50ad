package dev.unmask.train.records;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.train.LossBatch;
import dev.unmask.train.Objective;

/**
 * Masked diffusion on records (RADD's loss with exact counts, METHOD §8.2): of the {@code n} fields that have a value
 * {@code k} are masked, {@code k} uniform from 1 to {@code n}, and the loss is the mean of their cross-entropies. What
 * has no value is masked always and never learnt.
 *
 * @param maskToken of the model
 */
public record RecordObjective(int maskToken) implements Objective {
    /** Keeps the choice of masked fields apart from the order of records. */
    private static final long CHOICE = 0x7265636f7264L;

    @Override
    public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
        Draw draw = sequence.draw();
        int[] record = sequence.tokens();
        int there = 0;
        for (int i = 0; i < sequence.length(); i++) {
            there += record[i] == Schema.MISSING ? 0 : 1;
        }
        double t = Philox.uniform53(draw.seed(), Purpose.NOISE_LEVEL, draw.step(), draw.sequence());
        int masks = 1 + (int) (t * there);
        int number = 0;
        for (int i = 0; i < sequence.length(); i++) {
            if (record[i] == Schema.MISSING) {
                into.token(i, maskToken);
                continue;
            }
            long place = Philox.permute(draw.seed() ^ CHOICE, draw.step() << 24 | draw.sequence(), there, number++);
            boolean masked = place < masks;
            into.token(i, masked ? maskToken : record[i]);
            if (masked) {
                into.count(i, record[i], 1 / (divisor * masks));
            }
        }
    }
}
