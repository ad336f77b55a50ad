package dev.unmask.train.data;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Bytes of a file that must be UTF-8. A byte-order mark at the beginning of a line is no part of the text: it is left
 * from a file that was appended to another. Inside a line it tells that two lines were joined, which is refused.
 *
 * @param file named in messages
 * @param firstLine number of the line that the bytes begin
 * @param bytes the first {@code size} count
 */
record Utf8Text(Path file, long firstLine, byte[] bytes, int size) {
    private static final char MARK = '\uFEFF';
    private static final char REPLACEMENT = '\uFFFD';

    String decode() {
        String text = new String(bytes, 0, size, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0) {
            requireUtf8();
        }
        int nul = text.indexOf('\0');
        if (nul >= 0) {
            throw new BadRecordException(
                    place(text, nul)
                            + ": found a NUL byte, expected text in UTF-8; if it is UTF-16 convert it, for example with"
                            + " iconv -f UTF-16 -t UTF-8, if it is no text name another file");
        }
        String unmarked = withoutMarks(text);
        int mark = unmarked.indexOf(MARK);
        if (mark >= 0) {
            throw new BadRecordException(
                    place(unmarked, mark)
                            + ": found a byte-order mark (EF BB BF) inside the line, as where two files were joined"
                            + " without a line end between them; break the line there, or take such marks out with sed"
                            + " 's/\\xEF\\xBB\\xBF//g'");
        }
        return unmarked;
    }

    /** The text without marks that begin a line. */
    static String withoutMarks(String text) {
        if (text.indexOf(MARK) < 0) {
            return text;
        }
        StringBuilder kept = new StringBuilder(text.length());
        boolean begins = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != MARK || !begins) {
                kept.append(c);
                begins = c == '\n' || c == '\r';
            }
        }
        return kept.toString();
    }

    /** What was decoded holds the character for bytes that are not UTF-8; it may have stood in the text itself. */
    private void requireUtf8() {
        ByteBuffer in = ByteBuffer.wrap(bytes, 0, size);
        CharBuffer out = CharBuffer.allocate(1 << 12);
        var decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result;
        do {
            out.clear();
            result = decoder.decode(in, out, true);
        } while (result.isOverflow());
        if (result.isError()) {
            String before = new String(bytes, 0, in.position(), StandardCharsets.UTF_8);
            throw new BadRecordException(
                    String.format(
                            Locale.ROOT,
                            "%s: byte 0x%02X is not UTF-8; if it is text in another encoding convert it, for example"
                                    + " with iconv -f LATIN1 -t UTF-8, if it is no text name another file",
                            place(before, before.length()),
                            bytes[in.position()]));
        }
    }

    /** Where a character is: lines are counted as they are cut. */
    private String place(String text, int index) {
        long line = firstLine;
        for (int i = 0; i < index; i++) {
            boolean ends = text.charAt(i) == '\n' && (i == 0 || text.charAt(i - 1) != '\r') || text.charAt(i) == '\r';
            line += ends ? 1 : 0;
        }
        return file + ", line " + line;
    }
}
