package dev.unmask.tests;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.train.data.TokenBlocks;

import java.util.List;

/** Eight lines of equal length, a block each: a text small enough to be known by heart. */
final class Lines implements TokenBlocks {
    static final List<String> TEXTS =
            List.of(
                    "the cat sleeps on a mat.",
                    "a river runs to the sea.",
                    "seven birds sang at noon",
                    "old ships rust in harbor",
                    "winter wind shakes doors",
                    "my uncle plays the flute",
                    "bread needs salt & yeast",
                    "we walked home in silent");
    static final int LENGTH = 24;

    @Override
    public long blocks(int length) {
        return length <= LENGTH ? TEXTS.size() : 0;
    }

    @Override
    public void block(long index, int length, int[] into, int offset) {
        int[] ids = new ByteTokenizer().encode(TEXTS.get((int) index));
        System.arraycopy(ids, 0, into, offset, length);
    }
}
