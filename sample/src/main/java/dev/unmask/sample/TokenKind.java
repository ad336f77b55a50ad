package dev.unmask.sample;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;

/** What tokens of a blank may be made of. */
enum TokenKind {
    /** Decimal digits of any script. */
    DIGITS(Character::isDigit, false),
    /** Letters of any script with their marks: a single word. */
    LETTERS(TokenKind::isLetter, false),
    /** The same with spaces between them: several words. */
    WORDS(TokenKind::isLetter, true);

    private final IntPredicate character;
    private final boolean spaces;

    TokenKind(IntPredicate character, boolean spaces) {
        this.character = character;
        this.spaces = spaces;
    }

    private static boolean isLetter(int codePoint) {
        int type = Character.getType(codePoint);
        return Character.isLetter(codePoint)
                || type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK;
    }

    /** What stands in braces behind a blank. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<TokenKind> of(String label) {
        return Arrays.stream(values()).filter(kind -> kind.label().equals(label)).findFirst();
    }

    /** Whether tokens inside of a blank may begin with a space. */
    boolean spaced() {
        return spaces;
    }

    /** Whether a text without a space is of this kind: at least one character, all of them. */
    boolean holds(String text) {
        return !text.isEmpty() && text.codePoints().allMatch(character);
    }
}
