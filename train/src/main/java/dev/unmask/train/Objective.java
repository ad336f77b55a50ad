package dev.unmask.train;

import dev.unmask.model.ModelConfig;

import java.util.Arrays;
import java.util.List;

/**
 * What a model is trained to do with clean sequences: what it sees of each, where its loss counts, and how much. An app
 * may bring its own.
 *
 * <p>What is made of a sequence depends on that sequence and on the numbers of its {@link Draw} alone, so that a step
 * is the same however it is cut into micro-batches and shared among processes.
 */
public interface Objective {
    /**
     * Tokens that a training sequence is cut from: one more than the model sees if each predicts the next.
     *
     * @param length positions of a sequence {@code T}
     * @return {@code T} or {@code T + 1}
     */
    default int blockLength(int length) {
        return length;
    }

    /**
     * Positions that the model is given for a sequence: more than it has if it is shown twice, noisy and clean.
     *
     * @param length positions of a sequence {@code T}
     * @return at least 1
     */
    default int inputLength(int length) {
        return length;
    }

    /**
     * Whether {@link #prepare(Sequence, double, LossBatch.Place)} says who sees whom; else it is as the kind of the
     * model has it: those before if it is causal, all the real positions if not.
     *
     * @return whether it does
     */
    default boolean saysWhoSeesWhom() {
        return false;
    }

    /**
     * How many sequences in a row are filled up to the longest of them, where each is a document.
     *
     * @return at least 1; 0: all are filled up to {@code T}
     */
    default int paddedTogether() {
        return 0;
    }

    /**
     * Whether the same sequence always makes the same loss, so that to draw once is enough.
     *
     * @return false if anything is random
     */
    default boolean isExact() {
        return false;
    }

    /**
     * What the weights of a step are divided by: what makes its loss a mean.
     *
     * @param step all sequences of the step, read as they are asked for
     * @return a positive number; unless said otherwise that of the sequences, for a mean over sequences
     */
    default double divisor(List<Sequence> step) {
        return step.size();
    }

    /**
     * Makes the part of a micro-batch that belongs to one sequence.
     *
     * @param sequence the clean tokens
     * @param divisor of the step, see {@link #divisor}
     * @param into of the micro-batch, nothing in it: tokens are 0, none counts
     */
    void prepare(Sequence sequence, double divisor, LossBatch.Place into);

    /**
     * Makes a micro-batch from clean sequences of one length.
     *
     * @param clean {@code [B, blockLength]}: token ids
     * @param draw which random numbers the first of them uses; the others follow
     * @param divisor of the step, see {@link #divisor}
     * @param length positions of each sequence that are used, up to the micro-batch's {@code T}
     * @param into the micro-batch
     */
    default void prepare(int[] clean, Draw draw, double divisor, int length, LossBatch into) {
        into.clear();
        int block = clean.length / into.batch;
        for (int b = 0; b < into.batch; b++) {
            int[] tokens = Arrays.copyOfRange(clean, b * block, (b + 1) * block);
            Draw own = new Draw(draw.seed, draw.step, draw.sequence + b);
            prepare(new Sequence(tokens, length, own.sequence, own), divisor, into.place(b));
        }
    }

    /**
     * The objective of a model.
     *
     * @param config masked, of blocks, or causal
     * @return diffusion, block diffusion or next-token prediction
     */
    static Objective of(ModelConfig config) {
        return of(config, ObjectiveSettings.DEFAULT, 1);
    }

    /**
     * The objective of a model.
     *
     * @param config masked or causal
     * @param settings how its loss is drawn and divided
     * @param batch sequences of a step
     * @return diffusion, block diffusion or next-token prediction
     */
    static Objective of(ModelConfig config, ObjectiveSettings settings, int batch) {
        if (config.causal()) {
            return new AutoregressiveObjective(settings);
        }
        int block = config.network().blockLength();
        return block > 0
                ? new BlockDiffusionObjective(config.maskToken(), block, settings)
                : new DiffusionObjective(config.maskToken(), DiffusionObjective.DEFAULT_EPSILON, settings, batch);
    }

    /**
     * Names the random numbers of a sequence.
     *
     * @param seed the seed of the run
     * @param step the step, or the number of a Monte Carlo draw
     * @param sequence the number of the sequence within the step, over all micro-batches and processes
     */
    record Draw(long seed, long step, int sequence) {}

    /**
     * A clean sequence.
     *
     * @param tokens {@code [blockLength]}: token ids, not to be changed
     * @param length positions that are used, from 1 to {@code T}
     * @param given tokens at its beginning that the model is told and is not to learn, as a prompt
     * @param text tokens of text, those given and an end-of-text token included; what follows fills it up
     * @param block the number of the block that it is in its text
     * @param draw names its random numbers
     */
    record Sequence(int[] tokens, int length, int given, int text, long block, Draw draw) {
        /**
         * A sequence that is text from end to end, of which nothing is given.
         *
         * @param tokens {@code [blockLength]}: token ids, not to be changed
         * @param length positions that are used, from 1 to {@code T}
         * @param block the number of the block that it is in its text
         * @param draw names its random numbers
         */
        public Sequence(int[] tokens, int length, long block, Draw draw) {
            this(tokens, length, 0, tokens.length, block, draw);
        }
    }
}
