package dev.unmask.sample.tasks;

import java.util.Locale;

/** Operations on text as Python defines them, since the harness's task files are written in it. */
final class PythonText {
    private static final int SIGMA = 'Σ';
    private static final int GREAT_IOTA = 'Ι';
    private static final char IOTA_BELOW = '\u0345';

    /** Unicode's Word_Break MidLetter, MidNumLet and Single_Quote, of which Java knows nothing. */
    private static final String WITHIN_WORDS = "'.:·\u0387\u055F\u05F4‘’․‧\uFE13\uFE52\uFE55＇．：";

    private PythonText() {}

    /** {@code str.isspace} of one code point; neither of Java's notions is the same. */
    private static boolean isSpace(int c) {
        return c >= '\t' && c <= '\r'
                || c >= 0x1C && c <= ' '
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200A
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }

    /** {@code str.strip()}. */
    static String strip(String text) {
        return stripLeft(text.substring(0, endOfText(text)));
    }

    /** {@code str.lstrip()}. */
    static String stripLeft(String text) {
        int start = 0;
        // All spaces of Python are of one char.
        while (start < text.length() && isSpace(text.charAt(start))) {
            start++;
        }
        return text.substring(start);
    }

    /** The length of {@code str.rstrip()}. */
    static int endOfText(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }

    /** {@code str.capitalize()}: the first character in title case, all others in lower case. */
    static String capitalize(String text) {
        int[] characters = text.codePoints().toArray();
        StringBuilder capitalized = new StringBuilder();
        for (int i = 0; i < characters.length; i++) {
            capitalized.append(i == 0 ? title(characters[0]) : lower(characters, i));
        }
        return capitalized.toString();
    }

    /**
     * A character in lower case: a sigma that ends a word is another one; what Java takes for a word Python does not.
     */
    private static String lower(int[] characters, int at) {
        if (characters[at] != SIGMA) {
            return Character.toString(characters[at]).toLowerCase(Locale.ROOT);
        }
        int before = at - 1;
        while (before >= 0 && isPassedOver(characters[before])) {
            before--;
        }
        int after = at + 1;
        while (after < characters.length && isPassedOver(characters[after])) {
            after++;
        }
        boolean ends =
                before >= 0
                        && isCased(characters[before])
                        && (after == characters.length || !isCased(characters[after]));
        return ends ? "ς" : "σ";
    }

    private static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    /** Unicode's Case_Ignorable. */
    private static boolean isPassedOver(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.FORMAT,
                    Character.MODIFIER_LETTER,
                    Character.MODIFIER_SYMBOL ->
                    true;
            default -> WITHIN_WORDS.indexOf(c) >= 0;
        };
    }

    /** A character in title case, which for some is more than one: ß becomes Ss. */
    private static String title(int c) {
        if (Character.toTitleCase(c) != c) {
            return Character.toString(Character.toTitleCase(c));
        }
        String character = Character.toString(c);
        String upper = character.toUpperCase(Locale.ROOT);
        if (Character.isTitleCase(c) || upper.codePointCount(0, upper.length()) == 1) {
            return character;
        }
        StringBuilder title = new StringBuilder();
        boolean begun = false;
        for (int each : upper.codePoints().toArray()) {
            if (begun && each == GREAT_IOTA) {
                title.append(IOTA_BELOW);
            } else {
                title.appendCodePoint(begun ? Character.toLowerCase(each) : each);
            }
            // What ŉ begins with is no capital.
            begun |= isCased(each) && Character.getType(each) != Character.MODIFIER_LETTER;
        }
        return title.toString();
    }

    /** {@code len(str)}: code points. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
