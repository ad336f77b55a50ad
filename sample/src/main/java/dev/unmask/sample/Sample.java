package dev.unmask.sample;

/**
 * A completed sequence.
 *
 * @param ids {@code [T]}: token ids, no mask token among them unless the sequence was cancelled
 * @param logConfidence {@code [T]}: of each position that was masked the log-probability {@code ln p} of its token when
 *     it was unmasked, nats, after guidance and without temperature; 0 where the token was given
 * @param evaluations NFE: forward passes of the model over this sequence; a guided step takes two
 */
public record Sample(int[] ids, float[] logConfidence, int evaluations) {}
