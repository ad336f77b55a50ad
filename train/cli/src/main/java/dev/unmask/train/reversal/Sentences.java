package dev.unmask.train.reversal;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.train.data.TokenBlocks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Sentences as training text, each a block of its own: the token that begins a text if there is one, the sentence, and
 * the token that ends one up to the end of the block.
 */
public final class Sentences implements TokenBlocks {
    private final List<int[]> rows;
    private final int end;

    private Sentences(List<int[]> rows, int end) {
        this.rows = List.copyOf(rows);
        this.end = end;
    }

    /**
     * Encodes sentences.
     *
     * @param sentences at least one
     * @param tokenizer has a token that ends a text
     * @return the text
     * @throws InputException if the tokenizer has no such token
     */
    public static Sentences of(List<String> sentences, TextTokenizer tokenizer) {
        if (tokenizer.endOfText().isEmpty()) {
            throw new InputException(
                    "tokenizer: found no end-of-text token, expected one, which pads sentences; name one as eos_token"
                            + " in a tokenizer_config.json");
        }
        List<int[]> rows = new ArrayList<>();
        for (String sentence : sentences) {
            rows.add(begun(tokenizer, sentence));
        }
        return new Sentences(rows, tokenizer.endOfText().getAsInt());
    }

    /** A text with the token that begins texts before it, if there is one. */
    static int[] begun(TextTokenizer tokenizer, String text) {
        int[] ids = tokenizer.encode(text);
        if (tokenizer.beginOfText().isEmpty()) {
            return ids;
        }
        int[] begun = new int[ids.length + 1];
        begun[0] = tokenizer.beginOfText().getAsInt();
        System.arraycopy(ids, 0, begun, 1, ids.length);
        return begun;
    }

    /** The tokens from one place up to the first that ends a text. */
    static int[] upTo(int end, int[] ids, int from) {
        int to = from;
        while (to < ids.length && ids[to] != end) {
            to++;
        }
        return Arrays.copyOfRange(ids, from, to);
    }

    /**
     * The tokens of the longest, with one that ends it.
     *
     * @return the shortest block that cuts nothing off
     */
    public int longest() {
        return rows.stream().mapToInt(row -> row.length).max().orElseThrow() + 1;
    }

    /**
     * The token that pads.
     *
     * @return its id
     */
    public int end() {
        return end;
    }

    @Override
    public long blocks(int length) {
        return rows.size();
    }

    /** {@inheritDoc} Of a sentence that is longer the end is cut off. */
    @Override
    public void block(long index, int length, int[] into, int offset) {
        int[] row = rows.get((int) Objects.checkIndex(index, (long) rows.size()));
        int real = Math.min(length, row.length);
        System.arraycopy(row, 0, into, offset, real);
        Arrays.fill(into, offset + real, offset + length, end);
    }
}
