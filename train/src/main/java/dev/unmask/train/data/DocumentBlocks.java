package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.util.Arrays;
import java.util.Locale;

/** Documents as blocks: each is one, filled up with the end-of-text token. */
final class DocumentBlocks implements TokenText {
    private final PackedTokens packed;

    /** The documents of a file that tells where they begin. */
    DocumentBlocks(PackedTokens packed) {
        this.packed = packed;
    }

    @Override
    public long tokens() {
        return packed.tokens();
    }

    @Override
    public long documents() {
        return packed.documents();
    }

    @Override
    public int vocabulary() {
        return packed.vocabulary();
    }

    @Override
    public void count(long[] counts) {
        packed.count(counts);
    }

    /**
     * {@inheritDoc}
     *
     * @throws InputException if a document does not fit in a block
     */
    @Override
    public long blocks(int length) {
        BlockRange.checkLength(length);
        if (packed.longest() > length) {
            throw new InputException(
                    String.format(
                            Locale.ROOT,
                            "%s: the longest document has %,d tokens, expected at most the %,d of a sequence; use a"
                                    + " --length of %,d, or pack the text again with this one, which leaves longer"
                                    + " documents out",
                            packed.file(),
                            packed.longest(),
                            length,
                            packed.longest()));
        }
        return packed.documents();
    }

    @Override
    public void block(long index, int length, int[] into, int offset) {
        BlockRange.checkIndex(index, blocks(length), length);
        PackedTokens.Place place = packed.document(index);
        packed.read(place.first(), place.length(), into, offset);
        Arrays.fill(into, offset + place.length(), offset + length, packed.endOfText());
    }

    @Override
    public Extent extent(long index, int length) {
        PackedTokens.Place place = packed.document(index);
        return new Extent(place.given(), place.length());
    }
}
