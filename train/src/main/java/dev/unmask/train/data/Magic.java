package dev.unmask.train.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The characters that a file of a kind begins with.
 *
 * @param text ASCII
 */
record Magic(String text) {
    byte[] bytes() {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** What a file that is at least as long as this begins with; the position goes behind it. */
    static Magic read(ByteBuffer content, int length) {
        byte[] first = new byte[length];
        content.get(first);
        return new Magic(new String(first, StandardCharsets.ISO_8859_1));
    }

    /** In quotes, with a dot for each character that cannot be printed. */
    @Override
    public String toString() {
        return '"' + text.replaceAll("[^ -~]", ".") + '"';
    }
}
