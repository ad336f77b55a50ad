package dev.unmask.train.reversal;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.train.DiffusionObjective;
import dev.unmask.train.LossBatch;
import dev.unmask.train.Objective;

/**
 * The masked diffusion bound on {@link Sentences}. Of every other sequence, at random, the model does not see the
 * padding, as where it fills a blank; of the others it does, and learns where a sentence ends, as where it continues
 * one.
 *
 * @param diffusion the bound
 * @param end the token that pads
 */
public record SentenceDiffusion(DiffusionObjective diffusion, int end) implements Objective {
    @Override
    public boolean saysWhoSeesWhom() {
        return true;
    }

    @Override
    public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
        Draw draw = sequence.draw();
        boolean padded = Philox.uniform53(draw.seed(), Purpose.LENGTH, draw.step(), draw.sequence()) < 0.5;
        int length = padded ? sequence.length() : Math.min(sequence.length(), real(sequence.tokens()));
        // The bound is a mean over positions: what a shorter sequence counts is in proportion to its length.
        double share = (double) length / sequence.length();
        diffusion.prepare(
                new Sequence(sequence.tokens(), length, sequence.block(), draw), divisor / share, into);
    }

    /** Tokens up to the first that ends the sentence, with it. */
    private int real(int[] tokens) {
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] == end) {
                return i + 1;
            }
        }
        return tokens.length;
    }
}
