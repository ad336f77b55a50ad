package dev.unmask.sample;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Reads texts with blanks, as {@link FillIn} describes them, for one model and its tokenizer. */
final class BlankReader {
    private static final String MASK = "[MASK]";

    /** A character that no vocabulary joins with its neighbours. */
    private static final String ANCHOR = "\u0001";

    private final TextTokenizer tokenizer;
    private final int maskToken;
    private final int maxLength;
    private final boolean spaceBeginsWords;
    private final int[] anchor;

    /** A backslash run and a blank's mark, or a backslash run and what would be the size of the blank before. */
    private final Pattern mark;

    private final Pattern size = Pattern.compile("(\\\\*):(\\d+)(?:-(\\d+))?");

    /** Choices stand in braces, two at least. */
    private final Pattern choices = Pattern.compile("(\\\\*)\\{([^{}|]*(?:\\|[^{}|]*)+)\\}");

    /** More texts than this are not compared. */
    static final int MOST_VARIANTS = 256;

    /**
     * A reader.
     *
     * @param maskToken what stands in blanks
     * @param maxLength positions that the model has
     */
    BlankReader(TextTokenizer tokenizer, int maskToken, int maxLength) {
        this.tokenizer = tokenizer;
        this.maskToken = maskToken;
        this.maxLength = maxLength;
        this.spaceBeginsWords = spaceBeginsWords(tokenizer);
        this.anchor = tokenizer.encode(ANCHOR);
        Set<String> masks = new TreeSet<>(Set.of(MASK));
        tokenizer.mask().ifPresent(id -> masks.add(tokenizer.token(id)));
        this.mark =
                Pattern.compile(
                        "(?<!\\\\)(\\\\*+)(?:(_{3,})|("
                                + masks.stream().map(Pattern::quote).collect(Collectors.joining("|"))
                                + "))");
    }

    /**
     * Reads a text.
     *
     * @param tokensPerBlank tokens of a blank that does not say how many
     * @throws dev.unmask.tensor.InputException if there is no blank, or one is of no size or of more than the model has
     */
    BlankText read(String text, int tokensPerBlank) {
        return read(text, tokensPerBlank, new Picks());
    }

    /**
     * Reads a text once for each way to fill blanks that are choices, and to size blanks of a range.
     *
     * @param tokensPerBlank tokens of a blank that does not say how many
     * @return at least one text
     * @throws dev.unmask.tensor.InputException as {@link #read}, or if there are more ways than are compared
     */
    List<BlankText> variants(String text, int tokensPerBlank) {
        List<BlankText> variants = new ArrayList<>();
        Picks picks = new Picks();
        do {
            variants.add(read(text, tokensPerBlank, picks));
            Expect.that(
                    picks.ways() <= MOST_VARIANTS,
                    "text: found %d ways to fill in choices and to size blanks of a range, expected at most %d",
                    picks.ways(),
                    MOST_VARIANTS);
        } while (picks.next());
        return variants;
    }

    /** A single blank between two texts, in which marks are nothing but text. */
    BlankText between(String before, String after, int size) {
        Assembly assembly = new Assembly();
        assembly.plain(before);
        assembly.blank(size, false);
        assembly.plain(after);
        return assembly.finished();
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
        return new BlankText(ids.clone(), blanks, enclosed);
    }

    /** Which of several ways each open blank takes, counted up like the digits of a number. */
    private static final class Picks {
        private final List<Integer> sizes = new ArrayList<>();
        private final List<Integer> picked = new ArrayList<>();
        private int asked;

        /** What the next open blank takes, of so many ways. */
        int of(int ways) {
            if (asked == sizes.size()) {
                sizes.add(ways);
                picked.add(0);
            }
            return picked.get(asked++);
        }

        long ways() {
            return sizes.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> Math.min(a * b, 1L << 40));
        }

        boolean next() {
            asked = 0;
            for (int i = picked.size() - 1; i >= 0; i--) {
                if (picked.get(i) + 1 < sizes.get(i)) {
                    picked.set(i, picked.get(i) + 1);
                    return true;
                }
                picked.set(i, 0);
            }
            return false;
        }
    }

    private BlankText read(String text, int tokensPerBlank, Picks picks) {
        Expect.that(
                tokensPerBlank <= maxLength,
                "tokens per blank: found %d, expected at most the model's %d (block_size)",
                tokensPerBlank,
                maxLength);
        Assembly assembly = new Assembly();
        Matcher marks = mark.matcher(text);
        int end = 0;
        while (marks.find(end)) {
            String backslashes = marks.group(1);
            assembly.text(text.substring(end, marks.start()) + "\\".repeat(backslashes.length() / 2));
            if (backslashes.length() % 2 == 1) {
                assembly.literal(text.substring(marks.end(1), marks.end()));
                end = marks.end();
            } else {
                end = blank(text, marks, tokensPerBlank, assembly, picks);
            }
        }
        assembly.text(text.substring(end));
        Expect.that(
                assembly.hasBlank,
                "text: found no blank in \"%s\", expected ____ or %s somewhere without a backslash before it",
                shortened(text),
                MASK);
        return assembly.finished();
    }

    /** Adds the blank whose mark was found, and what belongs to it; returns where it ends. */
    private int blank(String text, Matcher marks, int tokensPerBlank, Assembly assembly, Picks picks) {
        int end = marks.end();
        int masks = 0;
        if (marks.group(3) != null) {
            masks = 1;
            // Masks without anything between them are one blank.
            while (marks.find(end) && marks.start() == end && marks.group(1).isEmpty() && marks.group(3) != null) {
                end = marks.end();
                masks++;
            }
        }
        Matcher braces = choices.matcher(text).region(end, text.length());
        if (braces.lookingAt()) {
            if (braces.group(1).isEmpty()) {
                String[] all = braces.group(2).split("\\|", -1);
                String picked = all[picks.of(all.length)];
                Expect.that(
                        !picked.isEmpty(),
                        "text: found an empty choice in {%s}, expected at least one character in each; write \\{ if"
                                + " it is text",
                        braces.group(2));
                assembly.choice(picked);
                return braces.end();
            }
            assembly.blank(masks == 0 ? tokensPerBlank : masks, false);
            assembly.text("\\".repeat(braces.group(1).length() / 2) + "{");
            return braces.start(2);
        }
        Matcher sizes = size.matcher(text).region(end, text.length());
        if (!sizes.lookingAt()) {
            assembly.blank(masks == 0 ? tokensPerBlank : masks, false);
            return end;
        }
        if (!sizes.group(1).isEmpty()) {
            assembly.blank(masks == 0 ? tokensPerBlank : masks, false);
            assembly.text("\\".repeat(sizes.group(1).length() / 2) + ":");
            return sizes.start(2);
        }
        Expect.that(
                masks < 2,
                "text: found %d masks followed by :%s, which is another number; write \\:%s if it is text",
                masks,
                sizes.group(2),
                sizes.group(2));
        int least = sized(sizes.group(2));
        if (sizes.group(3) == null) {
            assembly.blank(least, false);
            return sizes.end();
        }
        int most = sized(sizes.group(3));
        Expect.that(
                least <= most,
                "text: found a blank of :%d-%d tokens, expected the smaller number first; write \\: if it is text",
                least,
                most);
        assembly.blank(least + picks.of(most - least + 1), true);
        return sizes.end();
    }

    private int sized(String digits) {
        String number = digits.replaceFirst("^0+", "");
        Expect.that(
                !number.isEmpty(),
                "text: found a blank of :%s tokens, expected at least one; write \\:%s if it is text",
                digits,
                digits);
        // Longer numbers are too large whatever they are.
        Expect.that(
                number.length() < 10 && Integer.parseInt(number) <= maxLength,
                "text: found a blank of :%s tokens, expected at most the model's %d (block_size); write \\:%s if it is"
                        + " text",
                digits,
                maxLength,
                digits);
        return Integer.parseInt(number);
    }

    private static String shortened(String text) {
        int most = 80;
        return text.length() <= most ? text : text.substring(0, most) + "…";
    }

    /** Whether words have tokens that begin with their space, which byte-level and SentencePiece files mark so. */
    private static boolean spaceBeginsWords(TextTokenizer tokenizer) {
        return IntStream.range(0, tokenizer.vocabulary())
                .mapToObj(tokenizer::token)
                .anyMatch(token -> token.length() > 1 && (token.charAt(0) == '\u0120' || token.charAt(0) == '\u2581'));
    }

    /** The tokens of a text while it is read. */
    private final class Assembly {
        final IntStream.Builder ids = IntStream.builder();
        final List<BlankText.Span> blanks = new ArrayList<>();
        final StringBuilder piece = new StringBuilder();
        long length;
        boolean begun;
        boolean hasBlank;

        void text(String part) {
            piece.append(part);
        }

        /** Text in which a mask that the tokenizer knows is cut, so that it becomes no token. */
        void plain(String part) {
            Matcher marks = mark.matcher(part);
            int end = 0;
            while (marks.find(end)) {
                text(part.substring(end, marks.end(1)));
                literal(part.substring(marks.end(1), marks.end()));
                end = marks.end();
            }
            text(part.substring(end));
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

        void blank(int size, boolean ranged) {
            leaveSpace();
            encode();
            blank(size, List.of(), ranged);
        }

        /** A blank that is to hold given words. */
        void choice(String words) {
            boolean spaced = leaveSpace();
            encode();
            int[] tokens = encodeInside(spaced ? " " + words : words);
            blank(tokens.length, Arrays.stream(tokens).boxed().toList(), false);
        }

        /** The token to be found brings its own space, as it does in running text. */
        private boolean leaveSpace() {
            boolean spaced = spaceBeginsWords && !piece.isEmpty() && piece.charAt(piece.length() - 1) == ' ';
            if (spaced) {
                piece.setLength(piece.length() - 1);
            }
            return spaced;
        }

        private void blank(int size, List<Integer> choice, boolean ranged) {
            // What is too long for the model takes no memory before it is refused.
            if (length + size <= maxLength) {
                IntStream.generate(() -> maskToken).limit(size).forEach(ids::add);
                blanks.add(new BlankText.Span((int) length, (int) length + size, choice, ranged));
            }
            hasBlank = true;
            length += size;
        }

        private void encode() {
            int[] tokens = begun ? encodeInside(piece.toString()) : tokenizer.encode(piece.toString());
            Arrays.stream(tokens).forEach(ids::add);
            length += tokens.length;
            piece.setLength(0);
            begun = true;
        }

        BlankText finished() {
            encode();
            boolean enclosed = tokenizer.beginsTexts() && tokenizer.endsTexts();
            Expect.fits("text", length + (enclosed ? 2 : 0), maxLength);
            int[] all = ids.build().toArray();
            return enclosed ? enclosed(all) : new BlankText(all, blanks, false);
        }

        /** Between the tokens that begin and end a text, unless they were given. */
        private BlankText enclosed(int[] all) {
            int begin = tokenizer.beginOfText().orElseThrow();
            int end = tokenizer.endOfText().orElseThrow();
            if (all[0] == begin && all[all.length - 1] == end) {
                return new BlankText(all, blanks, true);
            }
            int[] between =
                    IntStream.concat(IntStream.concat(IntStream.of(begin), Arrays.stream(all)), IntStream.of(end))
                            .toArray();
            List<BlankText.Span> moved = blanks.stream().map(blank -> blank.movedBy(1)).toList();
            return new BlankText(between, moved, true);
        }
    }

    /** The tokens of a piece that does not begin a text: some tokenizers put a space before whatever they are given. */
    private int[] encodeInside(String text) {
        int[] anchored = tokenizer.encode(ANCHOR + text);
        int common = Arrays.mismatch(anchor, anchored);
        return common == -1 || common == anchor.length
                ? Arrays.copyOfRange(anchored, anchor.length, anchored.length)
                : tokenizer.encode(text);
    }
}
