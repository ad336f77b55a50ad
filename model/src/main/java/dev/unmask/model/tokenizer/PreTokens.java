package dev.unmask.model.tokenizer;

/**
 * Cuts text into the pieces within which byte pairs are merged: the regular expression of GPT-2,
 *
 * <pre>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</pre>
 *
 * as Hugging Face's {@code ByteLevel} pre-tokenizer applies it, by hand because {@link java.util.regex} is several
 * times slower. {@code \s} is Unicode's White_Space, which is neither {@link Character#isWhitespace} (which leaves out
 * the non-breaking space and takes in U+001C..U+001F) nor that of {@link java.util.regex} without flags.
 */
final class PreTokens {
    private static final byte OTHER = 0;
    private static final byte LETTER = 1;
    private static final byte NUMBER = 2;
    private static final byte SPACE = 3;

    private static final byte[] ASCII = new byte[128];

    static {
        for (int c = 0; c < ASCII.length; c++) {
            ASCII[c] = kindByCategory(c);
        }
    }

    private PreTokens() {}

    /**
     * Where the piece that begins at {@code start} ends.
     *
     * @param text the characters
     * @param start the first character of the piece, below {@code limit}
     * @param limit the end of the text: nothing at or after it is looked at
     * @return the first character after the piece, in {@code (start, limit]}
     */
    static int end(char[] text, int start, int limit) {
        if (text[start] == '\'') {
            int length = contraction(text, start, limit);
            if (length > 0) {
                return start + length;
            }
        }
        int body = text[start] == ' ' && start + 1 < limit ? start + 1 : start;
        byte kind = kind(text, body, limit);
        if (kind != SPACE) {
            return runEnd(text, body, limit, kind);
        }
        int end = runEnd(text, start, limit, SPACE);
        // The last white space before a word is left to the word, if it is not the only one.
        return end < limit && end - start > 1 ? end - 1 : end;
    }

    /** Whether text may be cut before a character without changing the pieces on either side. */
    static boolean isBoundary(char before, char after) {
        return isSpace(after) && !isSpace(before);
    }

    private static boolean isSpace(char c) {
        return kind(c) == SPACE;
    }

    private static int contraction(char[] text, int start, int limit) {
        char first = start + 1 < limit ? text[start + 1] : ' ';
        char second = start + 2 < limit ? text[start + 2] : ' ';
        return switch (first) {
            case 's', 't', 'm', 'd' -> 2;
            case 'r', 'v' -> second == 'e' ? 3 : 0;
            case 'l' -> second == 'l' ? 3 : 0;
            default -> 0;
        };
    }

    private static int runEnd(char[] text, int start, int limit, byte kind) {
        int end = start;
        while (end < limit && kind(text, end, limit) == kind) {
            end += wide(text, end, limit) ? 2 : 1;
        }
        return end;
    }

    private static boolean wide(char[] text, int index, int limit) {
        return Character.isHighSurrogate(text[index]) && index + 1 < limit && Character.isLowSurrogate(text[index + 1]);
    }

    private static byte kind(char[] text, int index, int limit) {
        char c = text[index];
        if (c < ASCII.length) {
            return ASCII[c];
        }
        return kindByCategory(wide(text, index, limit) ? Character.toCodePoint(c, text[index + 1]) : c);
    }

    private static byte kind(char c) {
        return c < ASCII.length ? ASCII[c] : kindByCategory(c);
    }

    private static byte kindByCategory(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER ->
                    LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
            case Character.CONTROL -> codePoint >= '\t' && codePoint <= '\r' || codePoint == 0x85 ? SPACE : OTHER;
            default -> OTHER;
        };
    }
}
