package dev.unmask.sample;

import java.util.List;

/**
 * The state of a batch after one step of a sampler.
 *
 * @param index the step, from 0
 * @param steps how many there are at the most: sampling ends as soon as nothing is left to be done
 * @param sequences the state of each sequence, in the order of the batch
 */
public record SamplingStep(int index, int steps, List<Progress> sequences) {
    /**
     * The state of one sequence. The arrays are copies that a listener may keep.
     *
     * @param ids {@code [T]}: tokens, the mask token where none was found yet
     * @param unmasked the positions where this step placed a token, ascending; none if it changed nothing
     * @param logConfidence of each of them {@code ln p} of its token, nats
     * @param remasked the positions that this step masked again, ascending
     * @param evaluations NFE of this sequence so far
     */
    public record Progress(int[] ids, int[] unmasked, float[] logConfidence, int[] remasked, int evaluations) {}
}
