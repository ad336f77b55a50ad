package dev.unmask.train;

import dev.unmask.model.ModelConfig;

/** What a model is trained to do with a micro-batch of clean sequences. */
public sealed interface Objective permits DiffusionObjective, AutoregressiveObjective {
    /**
     * Tokens that a training sequence is cut from: one more than the model sees if each predicts the next.
     *
     * @param length positions of a sequence {@code T}
     * @return {@code T} or {@code T + 1}
     */
    int blockLength(int length);

    /**
     * Makes a micro-batch from clean sequences.
     *
     * @param clean {@code [B, blockLength]}: token ids
     * @param draw which random numbers to use
     * @param sequences number of sequences of the whole step, of which this micro-batch is a part: the loss is their
     *     mean
     * @param length positions of each sequence that are used, up to the micro-batch's {@code T}
     * @param into the micro-batch
     */
    void prepare(int[] clean, Draw draw, int sequences, int length, LossBatch into);

    /**
     * The objective of a model.
     *
     * @param config masked or causal
     * @return diffusion or next-token prediction
     */
    static Objective of(ModelConfig config) {
        return config.causal() ? new AutoregressiveObjective() : new DiffusionObjective(config.maskToken());
    }

    /**
     * Names the random numbers of a micro-batch.
     *
     * @param seed the seed of the run
     * @param step the step, or the number of a Monte Carlo draw
     * @param firstSequence the number, within the step, of the micro-batch's first sequence
     */
    record Draw(long seed, long step, int firstSequence) {}
}
