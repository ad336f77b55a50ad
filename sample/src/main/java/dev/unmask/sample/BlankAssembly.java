package dev.unmask.sample;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The tokens of a text with blanks while it is read. */
final class BlankAssembly {
    /**
     * A character that no vocabulary joins with its neighbours.
     *
     * @param ids its tokens
     * @param known whether they stand for it; else what is unknown may have been joined with signs beside it
     */
    private record Anchor(int[] ids, boolean known) {
        static final String TEXT = "\u0001";

        static Anchor of(TextTokenizer tokenizer) {
            int[] ids = tokenizer.encode(TEXT);
            return new Anchor(ids, ids.length == 0 || tokenizer.decode(ids).contains(TEXT));
        }

        /** The tokens of a text that does not begin one: some tokenizers put a space before whatever they are given. */
        int[] encodeBehind(TextTokenizer tokenizer, String text) {
            int[] anchored = tokenizer.encode(TEXT + text);
            int[] alone = tokenizer.encode(text);
            if (anchored.length < ids.length || !Arrays.equals(ids, Arrays.copyOf(anchored, ids.length))) {
                return alone;
            }
            int[] behind = Arrays.copyOfRange(anchored, ids.length, anchored.length);
            return known || tokenizer.decode(behind).strip().equals(tokenizer.decode(alone).strip()) ? behind : alone;
        }
    }

    /** What all texts of a model have in common. */
    record Common(
            TextTokenizer tokenizer,
            int maskToken,
            int maxLength,
            boolean spaceBeginsWords,
            Anchor anchor,
            KindsOfTokens kinds) {
        Common(TextTokenizer tokenizer, int maskToken, int maxLength) {
            this(
                    tokenizer,
                    maskToken,
                    maxLength,
                    spaceBeginsWords(tokenizer),
                    Anchor.of(tokenizer),
                    new KindsOfTokens(tokenizer));
        }

        /** Tokens with masks among them; masks side by side are one blank. */
        BlankText masked(int[] ids) {
            List<BlankText.Span> blanks = new ArrayList<>();
            for (int from = 0; from < ids.length; from++) {
                int to = from;
                while (to < ids.length && ids[to] == maskToken) {
                    to++;
                }
                if (to > from) {
                    blanks.add(new BlankText.Span(from, to));
                    from = to;
                }
            }
            boolean enclosed =
                    tokenizer.beginsTexts()
                            && tokenizer.endsTexts()
                            && ids.length > 1
                            && ids[0] == tokenizer.beginOfText().orElseThrow()
                            && ids[ids.length - 1] == tokenizer.endOfText().orElseThrow();
            return new BlankText(ids.clone(), blanks, enclosed, false, Map.of(), new Picks());
        }

        /** Whether words have tokens that begin with their space, which byte-level and SentencePiece files mark so. */
        private static boolean spaceBeginsWords(TextTokenizer tokenizer) {
            return IntStream.range(0, tokenizer.vocabulary())
                    .mapToObj(tokenizer::token)
                    .anyMatch(token ->
                            token.length() > 1 && (token.charAt(0) == '\u0120' || token.charAt(0) == '\u2581'));
        }
    }

    private final Common common;
    private final TextTokenizer tokenizer;
    private final IntStream.Builder ids = IntStream.builder();
    private final List<BlankText.Span> blanks = new ArrayList<>();
    private final Map<Integer, BitSet> allowed = new HashMap<>();
    private final StringBuilder piece = new StringBuilder();
    private long length;
    private boolean begun;
    private boolean hasBlank;
    private boolean unknown;

    BlankAssembly(Common common) {
        this.common = common;
        this.tokenizer = common.tokenizer;
    }

    boolean hasBlank() {
        return hasBlank;
    }

    void text(String part) {
        piece.append(part);
    }

    /** What would otherwise be a blank. A mask that the tokenizer knows is cut, so that it becomes no token. */
    void literal(String mark) {
        if (tokenizer.id(mark).isEmpty()) {
            piece.append(mark);
            return;
        }
        piece.append(mark, 0, 1);
        encode();
        piece.append(mark, 1, mark.length());
    }

    /** A blank whose tokens are to be found. */
    void blank(int count, BlankText.Size size, Optional<TokenKind> kind) {
        Optional<BitSet> first = kind.map(this::first);
        if (first.isEmpty()) {
            leaveSpace();
        }
        encode();
        int from = (int) Math.min(length, common.maxLength);
        blank(count, List.of(), size);
        for (int i = 0; first.isPresent() && i < count && from + i < common.maxLength; i++) {
            allowed.put(from + i, i == 0 ? first.get() : common.kinds.inside(kind.get()));
        }
    }

    /**
     * A blank of unknown size: at the end of a text as many as stand before the token that ends it, elsewhere one of
     * several sizes.
     *
     * @param last whether nothing stands behind it
     */
    void unknown(int least, Optional<TokenKind> kind, boolean last, Picks picks) {
        unknown = true;
        if (last && !tokenizer.endsTexts() && tokenizer.endOfText().isPresent()) {
            encodeUpToSpace();
            long room = Math.max(0, common.maxLength - length - least);
            int most = least + (int) Math.min(room, FillIn.LONGEST_AT_END - 1);
            blank(most, new BlankText.Size.Ended(least), kind);
            return;
        }
        int most = Math.min(common.maxLength, least + BlankReader.LONGEST_UNKNOWN - 1);
        List<Integer> sizes = new ArrayList<>();
        for (int size = least; size <= most; size *= 2) {
            sizes.add(size);
        }
        blank(picks.size(sizes), new BlankText.Size.Unknown(least, most), kind);
    }

    /** Tokens before a blank, so that its room is known; the space before it may be its own. */
    private void encodeUpToSpace() {
        boolean spaced = leaveSpace();
        encode();
        if (spaced) {
            piece.append(' ');
        }
    }

    /** Whether a blank's size is unknown. */
    boolean unknown() {
        return unknown;
    }

    /** What may stand first in a blank of a kind; the space before it stays where no token can bring it along. */
    private BitSet first(TokenKind kind) {
        if (common.spaceBeginsWords) {
            boolean spaced = common.kinds.bringsSpace(kind) && leaveSpace();
            boolean begins = !begun && piece.isEmpty() && common.kinds.beginsTextsWithSpace();
            return common.kinds.first(kind, spaced || begins && common.kinds.bringsSpace(kind));
        }
        boolean apart = piece.isEmpty() ? !begun : Character.isWhitespace(piece.charAt(piece.length() - 1));
        return common.kinds.first(kind, apart && common.kinds.writesSpaces() && common.kinds.bringsSpace(kind));
    }

    /** A blank that is to hold given words. */
    void choice(String words) {
        boolean spaced = leaveSpace();
        encode();
        int[] tokens = common.anchor.encodeBehind(tokenizer, spaced ? " " + words : words);
        blank(tokens.length, Arrays.stream(tokens).boxed().toList(), BlankText.Size.GIVEN);
    }

    /** The token to be found brings its own space, as it does in running text. */
    private boolean leaveSpace() {
        boolean spaced = common.spaceBeginsWords && !piece.isEmpty() && piece.charAt(piece.length() - 1) == ' ';
        if (spaced) {
            piece.setLength(piece.length() - 1);
        }
        return spaced;
    }

    private void blank(int count, List<Integer> choice, BlankText.Size size) {
        // What is too long for the model takes no memory before it is refused.
        if (length + count <= common.maxLength) {
            IntStream.generate(() -> common.maskToken).limit(count).forEach(ids::add);
            blanks.add(new BlankText.Span((int) length, (int) length + count, choice, size));
        }
        hasBlank = true;
        length += count;
    }

    private void encode() {
        int[] tokens =
                begun ? common.anchor.encodeBehind(tokenizer, piece.toString()) : tokenizer.encode(piece.toString());
        Arrays.stream(tokens).forEach(ids::add);
        length += tokens.length;
        piece.setLength(0);
        begun = true;
    }

    /** The tokens of the whole text, so far as it is read; those of the model's own marks are counted. */
    long wholeLength() {
        encode();
        return length + (encloses() ? 2 : 0);
    }

    private boolean encloses() {
        return tokenizer.beginsTexts() && tokenizer.endsTexts();
    }

    BlankText finished(Picks picks) {
        Expect.fits("text", wholeLength(), common.maxLength);
        int[] all = ids.build().toArray();
        return encloses() ? enclosed(all, picks) : new BlankText(all, blanks, false, false, allowed, picks);
    }

    /** Between the tokens that begin and end a text, unless they were given. */
    private BlankText enclosed(int[] all, Picks picks) {
        int begin = tokenizer.beginOfText().orElseThrow();
        int end = tokenizer.endOfText().orElseThrow();
        if (all[0] == begin && all[all.length - 1] == end) {
            return new BlankText(all, blanks, true, false, allowed, picks);
        }
        int[] between =
                IntStream.concat(IntStream.concat(IntStream.of(begin), Arrays.stream(all)), IntStream.of(end))
                        .toArray();
        List<BlankText.Span> moved = blanks.stream().map(blank -> blank.movedBy(1)).toList();
        Map<Integer, BitSet> movedToo = new HashMap<>();
        allowed.forEach((position, tokens) -> movedToo.put(position + 1, tokens));
        return new BlankText(between, moved, true, false, movedToo, picks);
    }
}
