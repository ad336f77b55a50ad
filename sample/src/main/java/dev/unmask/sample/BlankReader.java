package dev.unmask.sample;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads texts with blanks, as {@link FillIn} describes them, for one model and its tokenizer. */
final class BlankReader {
    private static final String MASK = "[MASK]";

    private final int maxLength;
    private final BlankAssembly.Common common;

    /** A backslash run and a blank's mark, or a backslash run and what would be the size of the blank before. */
    private final Pattern mark;

    private final Pattern size = Pattern.compile("(\\\\*):(?:(\\d+)(?:-(\\d+|\\*))?|(\\*))");

    /** A blank of unknown size has so many tokens at the most, where the model has room for them. */
    static final int LONGEST_UNKNOWN = 128;

    /** More texts than this are not compared. */
    static final int MOST_VARIANTS = 256;

    /**
     * A reader.
     *
     * @param maskToken what stands in blanks
     * @param maxLength positions that the model has
     */
    BlankReader(TextTokenizer tokenizer, int maskToken, int maxLength) {
        this.maxLength = maxLength;
        this.common = new BlankAssembly.Common(tokenizer, maskToken, maxLength);
        Set<String> masks = new TreeSet<>(Set.of(MASK));
        tokenizer.mask().ifPresent(id -> masks.add(tokenizer.token(id)));
        this.mark =
                Pattern.compile(
                        "(?<!\\\\)(\\\\*+)(?:(_{3,})|("
                                + masks.stream().map(Pattern::quote).collect(Collectors.joining("|"))
                                + "))");
    }

    /**
     * Reads a text, the first way if there are several.
     *
     * @param tokensPerBlank tokens of a blank that does not say how many
     * @throws dev.unmask.tensor.InputException if there is no blank, or one is of no size or of more than the model has
     */
    BlankText read(String text, int tokensPerBlank) {
        return read(text, tokensPerBlank, new Picks());
    }

    /**
     * Reads a text once for each way to fill blanks that are choices, and to size blanks of a range; of blanks whose
     * size is unknown each size is twice the one before.
     *
     * @param tokensPerBlank tokens of a blank that does not say how many
     * @return at least one text
     * @throws dev.unmask.tensor.InputException as {@link #read}, or if there are more ways than are compared
     */
    List<BlankText> variants(String text, int tokensPerBlank) {
        List<BlankText> variants = new ArrayList<>();
        Picks picks = new Picks();
        do {
            BlankAssembly assembly = assembled(text, tokensPerBlank, picks);
            Expect.that(
                    picks.ways() <= MOST_VARIANTS,
                    "text: found %d ways to fill in choices and to size blanks of a range, expected at most %d",
                    picks.ways(),
                    MOST_VARIANTS);
            // Several unknown sizes that would fit one by one may not fit together.
            if (variants.isEmpty() || !assembly.unknown() || assembly.wholeLength() <= maxLength) {
                variants.add(assembly.finished(picks.copy()));
            }
        } while (picks.next());
        return variants;
    }

    /** A single blank between two texts, in which marks are nothing but text. */
    BlankText between(String before, String after, int size) {
        BlankAssembly assembly = new BlankAssembly(common);
        plain(before, assembly);
        assembly.blank(size, BlankText.Size.GIVEN, Optional.empty());
        plain(after, assembly);
        return assembly.finished(new Picks());
    }

    /** Text in which a mask that the tokenizer knows is cut, so that it becomes no token. */
    private void plain(String part, BlankAssembly assembly) {
        Matcher marks = mark.matcher(part);
        int end = 0;
        while (marks.find(end)) {
            assembly.text(part.substring(end, marks.end(1)));
            assembly.literal(part.substring(marks.end(1), marks.end()));
            end = marks.end();
        }
        assembly.text(part.substring(end));
    }

    /** Tokens with masks among them; masks side by side are one blank. */
    BlankText masked(int[] ids) {
        return common.masked(ids);
    }

    /**
     * Reads a text as before, but with other sizes of those blanks whose size is unknown.
     *
     * @param picks the ways that its other blanks take
     * @param sizes of each blank of unknown size how many tokens it has
     */
    Optional<BlankText> resized(String text, int tokensPerBlank, Picks picks, List<Integer> sizes) {
        Picks with = picks.withSizes(sizes);
        BlankAssembly assembly = assembled(text, tokensPerBlank, with);
        return assembly.wholeLength() <= maxLength ? Optional.of(assembly.finished(with)) : Optional.empty();
    }

    private BlankText read(String text, int tokensPerBlank, Picks picks) {
        return assembled(text, tokensPerBlank, picks).finished(picks);
    }

    private BlankAssembly assembled(String text, int tokensPerBlank, Picks picks) {
        Expect.that(
                tokensPerBlank <= maxLength,
                "tokens per blank: found %d, expected at most the model's %d (block_size)",
                tokensPerBlank,
                maxLength);
        picks.restart();
        BlankAssembly assembly = new BlankAssembly(common);
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
                assembly.hasBlank(),
                "text: found no blank in \"%s\", expected ____ or %s somewhere without a backslash before it",
                shortened(text),
                MASK);
        return assembly;
    }

    /** Adds the blank whose mark was found, and what belongs to it; returns where it ends. */
    private int blank(String text, Matcher marks, int tokensPerBlank, BlankAssembly assembly, Picks picks) {
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
        int usual = masks == 0 ? tokensPerBlank : masks;
        Matcher sizes = size.matcher(text).region(end, text.length());
        boolean sized = sizes.lookingAt();
        if (sized && !sizes.group(1).isEmpty()) {
            assembly.blank(usual, BlankText.Size.GIVEN, Optional.empty());
            assembly.text("\\".repeat(sizes.group(1).length() / 2) + ":");
            return sizes.end(1) + 1;
        }
        Expect.that(
                !sized || masks < 2,
                "text: found %d masks followed by %s, which is another number; write \\%s if it is text",
                masks,
                sized ? sizes.group() : "",
                sized ? sizes.group() : "");
        int after = sized ? sizes.end() : end;
        int brace = after;
        while (brace < text.length() && text.charAt(brace) == '\\') {
            brace++;
        }
        Optional<Choices> choices = Choices.at(text, brace);
        boolean given = choices.isPresent() && brace == after;
        Optional<TokenKind> kind = given ? choices.get().kind() : Optional.empty();
        if (given && kind.isEmpty()) {
            Expect.that(
                    !sized,
                    "text: found the size %s beside choices in braces, expected one of them; write \\{ if the braces"
                            + " are text",
                    sized ? sizes.group() : "");
            choose(choices.get(), assembly, picks);
            return choices.get().end();
        }
        int finish = given ? choices.get().end() : after;
        if (sized) {
            sized(sizes, kind, finish == text.length(), assembly, picks);
        } else {
            assembly.blank(usual, BlankText.Size.GIVEN, kind);
        }
        if (choices.isPresent() && !given) {
            assembly.text("\\".repeat((brace - after) / 2) + "{");
            return brace + 1;
        }
        return finish;
    }

    private static void choose(Choices choices, BlankAssembly assembly, Picks picks) {
        Expect.that(
                choices.texts().stream().noneMatch(String::isEmpty),
                "text: found an empty choice in {%s}, expected at least one character in each; write \\{ if it is text",
                String.join("|", choices.texts()));
        assembly.choice(choices.texts().get(picks.of(choices.texts().size())));
    }

    /** A blank that says how many tokens it has. */
    private void sized(Matcher sizes, Optional<TokenKind> kind, boolean last, BlankAssembly assembly, Picks picks) {
        boolean unknown = sizes.group(4) != null || "*".equals(sizes.group(3));
        int least = sizes.group(4) == null ? sized(sizes.group(2)) : 1;
        if (unknown) {
            assembly.unknown(least, kind, last, picks);
            return;
        }
        if (sizes.group(3) == null) {
            assembly.blank(least, BlankText.Size.GIVEN, kind);
            return;
        }
        int most = sized(sizes.group(3));
        Expect.that(
                least <= most,
                "text: found a blank of :%d-%d tokens, expected the smaller number first; write \\: if it is text",
                least,
                most);
        assembly.blank(least + picks.of(most - least + 1), new BlankText.Size.Ranged(), kind);
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
}
