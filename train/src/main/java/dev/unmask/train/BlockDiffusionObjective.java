package dev.unmask.train;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import java.util.List;

/**
 * Block diffusion (BD3-LM, Arriola et al., arXiv 2503.09573; METHOD §8.2): the text is made block after block, each by
 * masked diffusion given the blocks before it. The model is shown {@code [noisy ; clean]} in one pass: a noisy position
 * sees its own noisy block and the clean blocks before it, a clean one its own clean block and those before. Each block
 * draws its own rate {@code p}, and the loss is {@code 1/(B·T) · Σ_masked CE / p}. Given tokens, as of a prompt, are
 * never masked and do not count; what fills a sequence up is learnt as text is.
 *
 * <p>With rates from all of {@code (0, 1]} that is a bound of the negative log-likelihood, for blocks of one token the
 * exact one. Rates from a part of it, as the paper trains with, make gradients vary less and are no bound.
 *
 * @param maskToken the id that stands for a masked token
 * @param block positions of a block, at least 1
 * @param lowest the smallest rate, at least 0
 * @param highest the largest rate, at most 1
 * @param settings how the loss is divided, and how sequences are filled up; of the rest only what is usual
 */
public record BlockDiffusionObjective(
        int maskToken, int block, double lowest, double highest, ObjectiveSettings settings) implements Objective {
    /** Checks the numbers. */
    public BlockDiffusionObjective {
        if (block < 1) {
            throw new InputException("block length: found " + block + ", expected at least 1");
        }
        if (!(lowest >= 0 && lowest <= highest && highest > 0 && highest <= 1)) {
            throw new InputException(
                    "rates: found from " + lowest + " to " + highest + ", expected 0 ≤ lowest ≤ highest ≤ 1");
        }
        settings.requireUsualDraws();
    }

    /**
     * Rates from a part of {@code (0, 1]}.
     *
     * @param maskToken the id that stands for a masked token
     * @param block positions of a block, at least 1
     * @param lowest the smallest rate, at least 0
     * @param highest the largest rate, at most 1
     */
    public BlockDiffusionObjective(int maskToken, int block, double lowest, double highest) {
        this(maskToken, block, lowest, highest, ObjectiveSettings.DEFAULT);
    }

    /**
     * The bound of the likelihood. A block of one token is masked always: every other rate would only draw that more
     * seldom.
     *
     * @param maskToken the id that stands for a masked token
     * @param block positions of a block, at least 1
     */
    public BlockDiffusionObjective(int maskToken, int block) {
        this(maskToken, block, ObjectiveSettings.DEFAULT);
    }

    /** The bound of the likelihood, divided and filled up as the settings say. */
    BlockDiffusionObjective(int maskToken, int block, ObjectiveSettings settings) {
        this(maskToken, block, block == 1 ? 1 : 0, 1, settings);
    }

    @Override
    public int paddedTogether() {
        return settings.padTogether();
    }

    @Override
    public double divisor(List<Sequence> step) {
        return settings.divisor(step, DiffusionObjective::free);
    }

    @Override
    public int inputLength(int length) {
        return 2 * length;
    }

    @Override
    public boolean saysWhoSeesWhom() {
        return true;
    }

    @Override
    public boolean isExact() {
        return lowest == 1;
    }

    @Override
    public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
        int clean = into.length() / 2;
        Draw draw = sequence.draw();
        long number = (long) draw.sequence() << 24;
        double parts =
                settings.divisor() == ObjectiveSettings.Divisor.SEQUENCES
                        ? divisor * DiffusionObjective.free(sequence)
                        : divisor;
        double least = Math.max(lowest, Math.min(highest, DiffusionObjective.DEFAULT_EPSILON));
        for (int i = 0; i < clean; i++) {
            int first = i / block * block;
            int token = sequence.tokens()[i];
            double t = Philox.uniform53(draw.seed(), Purpose.NOISE_LEVEL, draw.step(), number + first / block);
            double p = least + (highest - least) * t;
            boolean real = i < sequence.length();
            boolean learnt = real && i >= sequence.given();
            boolean masked = learnt && Philox.uniform24(draw.seed(), Purpose.MASK, draw.step(), number + i) < p;
            into.token(i, masked ? maskToken : token);
            into.token(clean + i, token);
            into.position(clean + i, i);
            int end = Math.min(first + block, real ? sequence.length() : clean);
            into.see(i, first, end - first, clean, Math.min(first, sequence.length()));
            into.see(clean + i, clean, end, 0, 0);
            if (masked) {
                into.count(i, token, 1 / (p * parts));
            }
        }
    }
}
