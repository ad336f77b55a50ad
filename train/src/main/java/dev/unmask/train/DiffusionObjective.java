package dev.unmask.train;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

/**
 * The masked diffusion bound (METHOD §2.1, §2.2): each sequence draws {@code t ~ U(0, 1)}, each token is masked with
 * probability {@code p = (1 - ε)·t + ε}, and the loss is {@code 1/(B·T) · Σ_masked CE / p}.
 *
 * @param maskToken the id that stands for a masked token
 * @param epsilon the smallest masking probability
 */
public record DiffusionObjective(int maskToken, double epsilon) implements Objective {
    /** The published smallest masking probability. */
    public static final double DEFAULT_EPSILON = 1e-3;

    /**
     * The published objective.
     *
     * @param maskToken the id that stands for a masked token
     */
    public DiffusionObjective(int maskToken) {
        this(maskToken, DEFAULT_EPSILON);
    }

    @Override
    public int blockLength(int length) {
        return length;
    }

    @Override
    public void prepare(int[] clean, Draw draw, int sequences, int length, LossBatch into) {
        into.clear();
        int stride = into.length;
        for (int b = 0; b < into.batch; b++) {
            long sequence = draw.firstSequence() + (long) b;
            double t = Philox.uniform53(draw.seed(), Purpose.NOISE_LEVEL, draw.step(), sequence);
            double p = (1 - epsilon) * t + epsilon;
            float weight = (float) (1 / (p * sequences * length));
            for (int i = 0; i < stride; i++) {
                int row = b * stride + i;
                boolean masked =
                        i < length
                                && Philox.uniform24(draw.seed(), Purpose.MASK, draw.step(), (sequence << 24) + i) < p;
                into.ids[row] = masked ? maskToken : clean[row];
                if (masked) {
                    into.add(row, clean[row], weight);
                }
            }
            into.lengths[b] = length;
        }
    }
}
