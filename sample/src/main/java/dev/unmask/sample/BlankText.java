package dev.unmask.sample;

import dev.unmask.model.TextTokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A text with blanks as tokens: three or more underscores, or {@code [MASK]}, which stands for one token and may be
 * repeated; {@code :n} behind either says how many tokens to fill in.
 *
 * @param ids tokens, and mask tokens in the blanks
 * @param blanks where the blanks are, in the order of the text
 */
record BlankText(int[] ids, List<Span> blanks) {
    private static final Pattern BLANK = Pattern.compile("(_{3,}|(?:\\[MASK])+)(?::(\\d{1,4}))?");
    private static final String MASK = "[MASK]";

    /** A character that no vocabulary joins with its neighbours. */
    private static final String ANCHOR = "\u0001";

    /** Positions {@code from … to-1} of the tokens. */
    record Span(int from, int to) {}

    static BlankText parse(String text, TextTokenizer tokenizer, int maskToken, int tokensPerBlank) {
        boolean spaceBegins = spaceBeginsWords(tokenizer);
        IntStream.Builder ids = IntStream.builder();
        List<Span> blanks = new ArrayList<>();
        Matcher matcher = BLANK.matcher(text);
        int length = 0;
        int end = 0;
        while (matcher.find()) {
            String before = text.substring(end, matcher.start());
            // The token to be found brings its own space, as it does in running text.
            if (spaceBegins && before.endsWith(" ")) {
                before = before.substring(0, before.length() - 1);
            }
            int[] given = end == 0 ? tokenizer.encode(before) : encodeInside(tokenizer, before);
            Arrays.stream(given).forEach(ids::add);
            length += given.length;
            int size = size(matcher, tokensPerBlank);
            IntStream.generate(() -> maskToken).limit(size).forEach(ids::add);
            blanks.add(new Span(length, length + size));
            length += size;
            end = matcher.end();
        }
        Expect.that(!blanks.isEmpty(), "text: found no blank in \"%s\", expected ____ or [MASK] somewhere", text);
        Arrays.stream(encodeInside(tokenizer, text.substring(end))).forEach(ids::add);
        return new BlankText(ids.build().toArray(), blanks);
    }

    private static int size(Matcher blank, int tokensPerBlank) {
        if (blank.group(2) != null) {
            int size = Integer.parseInt(blank.group(2));
            Expect.that(size > 0, "text: found the blank %s, expected at least one token in it", blank.group());
            return size;
        }
        return blank.group(1).startsWith(MASK) ? blank.group(1).length() / MASK.length() : tokensPerBlank;
    }

    /** The tokens of a piece that does not begin a text: some tokenizers put a space before whatever they are given. */
    private static int[] encodeInside(TextTokenizer tokenizer, String piece) {
        int[] anchor = tokenizer.encode(ANCHOR);
        int[] anchored = tokenizer.encode(ANCHOR + piece);
        int common = Arrays.mismatch(anchor, anchored);
        return common == -1 || common == anchor.length
                ? Arrays.copyOfRange(anchored, anchor.length, anchored.length)
                : tokenizer.encode(piece);
    }

    /** Whether words have tokens that begin with their space, which byte-level and SentencePiece files mark so. */
    private static boolean spaceBeginsWords(TextTokenizer tokenizer) {
        return IntStream.range(0, tokenizer.vocabulary())
                .mapToObj(tokenizer::token)
                .anyMatch(token -> token.length() > 1 && (token.charAt(0) == '\u0120' || token.charAt(0) == '\u2581'));
    }
}
