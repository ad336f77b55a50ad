package dev.unmask.model.tokenizer;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * How byte-level tokenizers write bytes as printable characters: GPT-2's {@code bytes_to_unicode}. Printable bytes of
 * Latin-1 stand for themselves, the others, in order, for the characters from U+0100.
 */
final class ByteAlphabet {
    private static final char[] CHARACTERS = new char[256];
    private static final short[] BYTES = new short[512];

    static {
        Arrays.fill(BYTES, (short) -1);
        char next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b != 0xAD;
            CHARACTERS[b] = printable ? (char) b : next++;
            BYTES[CHARACTERS[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    static char character(int unsignedByte) {
        return CHARACTERS[unsignedByte];
    }

    /** The name of a token of these bytes. */
    static String name(byte... bytes) {
        char[] name = new char[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            name[i] = CHARACTERS[bytes[i] & 0xFF];
        }
        return new String(name);
    }

    /** Whether every character of a token's name stands for a byte. */
    static boolean isName(String name) {
        return name.chars().allMatch(c -> c < BYTES.length && BYTES[c] >= 0);
    }

    /** The bytes that a token's name stands for. */
    static byte[] bytes(String name) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(name.length());
        name.chars().forEach(c -> bytes.write(BYTES[c]));
        return bytes.toByteArray();
    }
}
