package dev.unmask.sample;

import java.util.Arrays;

/**
 * What an autoregressive model continues.
 *
 * @param ids {@code [P]}: token ids, at least one
 * @param stream tells the random numbers of this sequence from those of others with the same seed
 */
public record Prompt(int[] ids, int stream) {
    /** Takes a copy and checks the numbers. */
    public Prompt {
        ids = ids.clone();
        Expect.that(
                ids.length > 0,
                "prompt: found no tokens, expected at least one; begin with the token that starts a text");
        Expect.atLeast("stream", stream, 0);
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

    @Override
    public boolean equals(Object other) {
        return other instanceof Prompt that && Arrays.equals(ids, that.ids) && stream == that.stream;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(ids) + stream;
    }

    @Override
    public String toString() {
        return "Prompt[ids=" + Arrays.toString(ids) + ", stream=" + stream + "]";
    }
}
