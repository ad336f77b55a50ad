package dev.unmask.sample;

import java.util.BitSet;
import java.util.Map;
import java.util.Set;

/** A sequence while it is being completed. */
final class Canvas {
    private final int place;
    private final int firstKey;
    private final BitSet prompt;
    private final Map<Integer, BitSet> allowed;
    private final int[] ids;
    private final int maskToken;
    private final BitSet generated;
    private final BitSet masked;
    private final float[] logConfidence;
    private final BitSet changed = new BitSet();
    private int evaluations;
    private boolean ended;

    /**
     * A sequence of which nothing has been unmasked yet.
     *
     * @param place in the batch
     * @param maxLength what random numbers of sequences are told apart by
     */
    Canvas(MaskedSequence sequence, int place, int maskToken, int maxLength) {
        this.place = place;
        this.firstKey = sequence.stream() * maxLength;
        this.prompt = sequence.prompt();
        this.allowed = sequence.allowed();
        this.ids = sequence.ids();
        this.maskToken = maskToken;
        this.masked = new BitSet(ids.length);
        this.logConfidence = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            masked.set(i, ids[i] == maskToken);
        }
        this.generated = (BitSet) masked.clone();
    }

    int place() {
        return place;
    }

    int[] ids() {
        return ids;
    }

    BitSet prompt() {
        return prompt;
    }

    /** Of each restricted position the tokens that may stand there. */
    Map<Integer, BitSet> allowed() {
        return allowed;
    }

    /** The positions still masked. */
    BitSet masked() {
        return masked;
    }

    /** The positions that were masked at first. */
    BitSet generated() {
        return generated;
    }

    /** The share of them that is still masked. */
    double share() {
        return generated.isEmpty() ? 0 : (double) masked.cardinality() / generated.cardinality();
    }

    /** Sets the random numbers of position 0 apart from those of all other sequences of the same seed and step. */
    int firstKey() {
        return firstKey;
    }

    float logConfidence(int position) {
        return logConfidence[position];
    }

    void evaluated(boolean guided) {
        evaluations += guided ? 2 : 1;
    }

    /** Puts a token where there was a mask or another token. */
    void put(int position, int token, float confidence) {
        ids[position] = token;
        logConfidence[position] = confidence;
        masked.clear(position);
        changed.set(position);
    }

    void mask(int position) {
        ids[position] = maskToken;
        logConfidence[position] = 0;
        masked.set(position);
        changed.set(position);
    }

    /** Whether {@link #endAt} has found an end. */
    boolean ended() {
        return ended;
    }

    /** Nobody waits for it any more. */
    void leave() {
        ended = true;
    }

    /** Fills the rest behind the first end that stands behind positions that are all unmasked, if there is one. */
    void endAt(Set<Integer> ends) {
        int limit = masked.isEmpty() ? ids.length : masked.nextSetBit(0);
        for (int i = generated.nextSetBit(0); i >= 0 && i < limit; i = generated.nextSetBit(i + 1)) {
            if (ends.contains(ids[i])) {
                for (int j = masked.nextSetBit(i); j >= 0; j = masked.nextSetBit(j + 1)) {
                    put(j, ids[i], 0);
                }
                ended = true;
                return;
            }
        }
    }

    /** What has changed since this was asked last. */
    SamplingStep.Progress progress() {
        BitSet unmasked = (BitSet) changed.clone();
        unmasked.andNot(masked);
        BitSet remasked = (BitSet) changed.clone();
        remasked.and(masked);
        changed.clear();
        int[] positions = unmasked.stream().toArray();
        float[] confidences = new float[positions.length];
        for (int i = 0; i < positions.length; i++) {
            confidences[i] = logConfidence[positions[i]];
        }
        return new SamplingStep.Progress(ids.clone(), positions, confidences, remasked.stream().toArray(), evaluations);
    }

    Sample sample() {
        return new Sample(ids.clone(), logConfidence.clone(), evaluations);
    }
}
