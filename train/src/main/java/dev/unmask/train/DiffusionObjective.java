package dev.unmask.train;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import java.util.List;

/**
 * The masked diffusion bound (METHOD §2.1, §2.2): each sequence draws {@code t ~ U(0, 1)}, each token that is not given
 * is masked with probability {@code p = (1 - ε)·t + ε}, and the loss is {@code 1/(B·T) · Σ_masked CE / p}. Tokens that
 * fill a sequence up are learnt as text is.
 *
 * @param maskToken the id that stands for a masked token
 * @param epsilon the smallest masking probability
 * @param settings how it is drawn and divided
 * @param batch sequences of a step {@code B}, over which low-discrepancy times are spread
 */
public record DiffusionObjective(int maskToken, double epsilon, ObjectiveSettings settings, int batch)
        implements Objective {
    /** The published smallest masking probability. */
    public static final double DEFAULT_EPSILON = 1e-3;

    /** Which of the numbers of a step is shared by its sequences: none of them has it. */
    private static final long SHARED = 1L << 40;

    /** Keeps the choice of masked tokens apart from the order of sequences. */
    private static final long CHOICE = 0x6b2d444345L;

    /**
     * The published objective.
     *
     * @param maskToken the id that stands for a masked token
     */
    public DiffusionObjective(int maskToken) {
        this(maskToken, DEFAULT_EPSILON);
    }

    /**
     * The published objective with another smallest probability.
     *
     * @param maskToken the id that stands for a masked token
     * @param epsilon the smallest masking probability
     */
    public DiffusionObjective(int maskToken, double epsilon) {
        this(maskToken, epsilon, ObjectiveSettings.DEFAULT, 1);
    }

    @Override
    public int paddedTogether() {
        return settings.padTogether();
    }

    @Override
    public double divisor(List<Sequence> step) {
        return settings.divisor(step, DiffusionObjective::free);
    }

    /** Tokens that may be masked. */
    static int free(Sequence sequence) {
        return Math.max(0, sequence.length() - sequence.given());
    }

    @Override
    public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
        Draw draw = sequence.draw();
        int free = free(sequence);
        int given = sequence.length() - free;
        double t = time(draw);
        boolean exact = settings.counts() == ObjectiveSettings.Counts.EXACT;
        int count = exact && free > 0 ? 1 + (int) (t * free) : 0;
        double p = exact ? (double) count / Math.max(1, free) : (1 - epsilon) * t + epsilon;
        double weight =
                settings.divisor() == ObjectiveSettings.Divisor.SEQUENCES
                        ? 1 / (p * divisor * free)
                        : 1 / (p * divisor);
        boolean dropped =
                settings.promptDropping() > 0
                        && Philox.uniform53(draw.seed(), Purpose.PROMPT, draw.step(), draw.sequence())
                                < settings.promptDropping();
        long first = (long) draw.sequence() << 24;
        for (int i = 0; i < into.length(); i++) {
            int token = sequence.tokens()[i];
            boolean learnt = i >= given && i < sequence.length();
            boolean masked =
                    learnt
                            && (exact
                                    ? Philox.permute(
                                                    draw.seed() ^ CHOICE,
                                                    draw.step() << 24 | draw.sequence(),
                                                    free,
                                                    i - given)
                                            < count
                                    : Philox.uniform24(draw.seed(), Purpose.MASK, draw.step(), first + i) < p);
            into.token(i, masked || dropped && i < given ? maskToken : token);
            if (masked) {
                into.count(i, token, weight);
            }
        }
        into.seeFirst(sequence.length());
    }

    private double time(Draw draw) {
        if (settings.times() == ObjectiveSettings.Times.UNIFORM) {
            return Philox.uniform53(draw.seed(), Purpose.NOISE_LEVEL, draw.step(), draw.sequence());
        }
        double shared = Philox.uniform53(draw.seed(), Purpose.NOISE_LEVEL, draw.step(), SHARED);
        return (shared + (double) draw.sequence() / batch) % 1;
    }
}
