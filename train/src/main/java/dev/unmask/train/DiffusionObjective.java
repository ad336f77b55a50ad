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
    public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
        Draw draw = sequence.draw();
        double t = Philox.uniform53(draw.seed(), Purpose.NOISE_LEVEL, draw.step(), draw.sequence());
        double p = (1 - epsilon) * t + epsilon;
        double weight = 1 / (p * divisor * sequence.length());
        long first = (long) draw.sequence() << 24;
        for (int i = 0; i < into.length(); i++) {
            int token = sequence.tokens()[i];
            boolean masked =
                    i < sequence.length() && Philox.uniform24(draw.seed(), Purpose.MASK, draw.step(), first + i) < p;
            into.token(i, masked ? maskToken : token);
            if (masked) {
                into.count(i, token, weight);
            }
        }
        into.seeFirst(sequence.length());
    }
}
