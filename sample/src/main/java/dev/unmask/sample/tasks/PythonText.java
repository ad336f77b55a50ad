package dev.unmask.sample.tasks;

import java.util.Locale;

/** Operations on text as Python defines them, since the harness's task files are written in it. */
final class PythonText {
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
        if (text.isEmpty()) {
            return text;
        }
        int rest = text.offsetByCodePoints(0, 1);
        String lower = text.toLowerCase(Locale.ROOT);
        // Lower-casing the rest alone would take a final sigma for one that stands by itself.
        String tail = lower.substring(text.substring(0, rest).toLowerCase(Locale.ROOT).length());
        return title(text.substring(0, rest)) + tail;
    }

    /** A character in title case, which for some is more than one: ß becomes Ss. */
    private static String title(String character) {
        int c = character.codePointAt(0);
        if (Character.toTitleCase(c) != c) {
            return Character.toString(Character.toTitleCase(c));
        }
        String upper = character.toUpperCase(Locale.ROOT);
        if (Character.isTitleCase(c) || upper.codePointCount(0, upper.length()) == 1) {
            return character;
        }
        int rest = upper.offsetByCodePoints(0, 1);
        return upper.substring(0, rest) + upper.substring(rest).toLowerCase(Locale.ROOT);
    }

    /** {@code len(str)}: code points. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
