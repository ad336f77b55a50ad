package dev.unmask.sample;

import java.util.BitSet;

/** A sequence while it is being completed. */
final class Canvas {
    private final int stream;
    private final BitSet prompt;
    private final int[] ids;
    private final BitSet masked;
    private final float[] logConfidence;
    private int evaluations;

    Canvas(MaskedSequence sequence, int maskToken) {
        this.stream = sequence.stream();
        this.prompt = sequence.prompt();
        this.ids = sequence.ids();
        this.masked = new BitSet(ids.length);
        this.logConfidence = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            masked.set(i, ids[i] == maskToken);
        }
    }

    int[] ids() {
        return ids;
    }

    BitSet prompt() {
        return prompt;
    }

    /** The positions still masked. */
    BitSet masked() {
        return masked;
    }

    /** Sets the random numbers of a position apart from those of all others of the same seed and step. */
    int key(int position, int maxLength) {
        return stream * maxLength + position;
    }

    void evaluated(boolean guided) {
        evaluations += guided ? 2 : 1;
    }

    void unmask(int position, int token, float confidence) {
        ids[position] = token;
        logConfidence[position] = confidence;
        masked.clear(position);
    }

    SamplingStep.Progress progress(BitSet before) {
        BitSet changed = (BitSet) before.clone();
        changed.andNot(masked);
        return new SamplingStep.Progress(ids.clone(), changed.stream().toArray(), evaluations);
    }

    Sample sample() {
        return new Sample(ids.clone(), logConfidence.clone(), evaluations);
    }
}
