package dev.unmask.train.cli;

import java.util.Locale;

/**
 * Texts of files and models as they can be shown: characters that steer a terminal, or that turn the direction of
 * writing, are written out as {@code \u001b}.
 */
final class Printable {
    private Printable() {}

    /** The text of one result: untouched if it goes to a file, without what steers a terminal if it goes to one. */
    static String result(String text) {
        String shown = message(text);
        return shown.equals(text) || !Terminal.is(Terminal.OUT) ? text : shown;
    }

    /** A text on one line, whatever stands in it. */
    static String line(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(c -> append(shown, c, c == '\t'));
        return shown.toString();
    }

    /** A text of some lines. */
    static String message(String text) {
        StringBuilder shown = new StringBuilder();
        // The line end of Windows is one, a carriage return alone would let a line be written over.
        text.replace("\r\n", "\n").codePoints().forEach(c -> append(shown, c, c == '\t' || c == '\n'));
        return shown.toString();
    }

    private static void append(StringBuilder shown, int c, boolean kept) {
        if (kept || !steers(c)) {
            shown.appendCodePoint(c);
        } else if (c == '\n') {
            shown.append("\\n");
        } else if (c == '\r') {
            shown.append("\\r");
        } else {
            shown.append(String.format(Locale.ROOT, "\\u%04x", c));
        }
    }

    private static boolean steers(int c) {
        return Character.isISOControl(c)
                || c == '\u2028'
                || c == '\u2029'
                || c == '\u061c'
                || c == '\u200e'
                || c == '\u200f'
                || c >= '\u202a' && c <= '\u202e'
                || c >= '\u2066' && c <= '\u2069';
    }
}
