package dev.unmask.sample;

import dev.unmask.tensor.InputException;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * A sequence to be completed: token ids with mask tokens anywhere.
 *
 * @param ids {@code [T]}: tokens, the model's mask token wherever one is to be found
 * @param prompt the positions that guidance hides in its unconditional branch
 * @param stream tells the random numbers of this sequence from those of others with the same seed; its results depend
 *     on it and on nothing else in the batch
 * @param allowed of each position that is restricted the ids that may stand there, unless they are banned; not to be
 *     changed
 */
public record MaskedSequence(int[] ids, BitSet prompt, int stream, Map<Integer, BitSet> allowed) {
    /** Takes copies and checks the numbers. */
    public MaskedSequence {
        ids = ids.clone();
        prompt = (BitSet) prompt.clone();
        Expect.atLeast("sequence length", ids.length, 1);
        Expect.atLeast("stream", stream, 0);
        Map<Integer, BitSet> copies = new HashMap<>();
        for (Map.Entry<Integer, BitSet> entry : allowed.entrySet()) {
            Expect.that(
                    entry.getKey() >= 0 && entry.getKey() < ids.length,
                    "allowed tokens: found position %d, expected positions below the sequence length %d",
                    entry.getKey(),
                    ids.length);
            copies.put(entry.getKey(), (BitSet) entry.getValue().clone());
        }
        allowed = Map.copyOf(copies);
        Expect.that(
                prompt.length() <= ids.length,
                "prompt: found position %d, expected positions below the sequence length %d",
                prompt.length() - 1,
                ids.length);
    }

    /**
     * A sequence in whose masked positions any token may stand.
     *
     * @param ids {@code [T]}: tokens, the model's mask token wherever one is to be found
     * @param prompt the positions that guidance hides
     * @param stream tells the random numbers of this sequence from those of others
     */
    public MaskedSequence(int[] ids, BitSet prompt, int stream) {
        this(ids, prompt, stream, Map.of());
    }

    /**
     * The same sequence with only some tokens allowed at some positions.
     *
     * @param value of each such position the ids that may stand there
     * @return the sequence
     * @throws InputException if there is no such position
     */
    public MaskedSequence withAllowed(Map<Integer, BitSet> value) {
        return new MaskedSequence(ids, prompt, stream, value);
    }

    /**
     * A prompt to be continued up to a fixed length. All its positions count as prompt, also where it holds mask tokens
     * (the published code pads short prompts with them and generates there).
     *
     * @param prompt {@code [P]}: token ids, possibly none
     * @param length positions {@code T} of the whole sequence
     * @param maskToken the model's mask token
     * @param stream tells the random numbers of this sequence from those of others
     * @return the sequence
     * @throws InputException if the prompt is longer than the sequence
     */
    public static MaskedSequence continuing(int[] prompt, int length, int maskToken, int stream) {
        Expect.that(
                prompt.length <= length,
                "length: found %d, expected at least the %d tokens of the prompt",
                length,
                prompt.length);
        int[] ids = Arrays.copyOf(prompt, length);
        Arrays.fill(ids, prompt.length, length, maskToken);
        BitSet given = new BitSet(length);
        given.set(0, prompt.length);
        return new MaskedSequence(ids, given, stream);
    }

    /**
     * A text with gaps: every position that holds a token counts as prompt.
     *
     * @param ids {@code [T]}: tokens and mask tokens
     * @param maskToken the model's mask token
     * @param stream tells the random numbers of this sequence from those of others
     * @return the sequence
     */
    public static MaskedSequence infilling(int[] ids, int maskToken, int stream) {
        BitSet given = new BitSet(ids.length);
        for (int i = 0; i < ids.length; i++) {
            given.set(i, ids[i] != maskToken);
        }
        return new MaskedSequence(ids, given, stream);
    }

    /**
     * The tokens.
     *
     * @return a copy
     */
    @Override
    public int[] ids() {
        return ids.clone();
    }

    /**
     * The positions that guidance hides.
     *
     * @return a copy
     */
    @Override
    public BitSet prompt() {
        return (BitSet) prompt.clone();
    }

    /**
     * The number of positions.
     *
     * @return {@code T}
     */
    public int length() {
        return ids.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MaskedSequence that
                && Arrays.equals(ids, that.ids)
                && prompt.equals(that.prompt)
                && stream == that.stream
                && allowed.equals(that.allowed);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(ids) + prompt.hashCode()) + stream;
    }

    @Override
    public String toString() {
        return "MaskedSequence[ids=" + Arrays.toString(ids) + ", prompt=" + prompt + ", stream=" + stream + "]";
    }
}
