package dev.unmask.model.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * UTF-8 of characters that may hold half of a surrogate pair: such a half becomes U+FFFD, not the usual question mark.
 */
final class Utf8 {
    /** What stands in the place of what is no character. */
    static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

    private Utf8() {}

    static byte[] encode(char[] text, int start, int end) {
        try {
            ByteBuffer bytes =
                    StandardCharsets.UTF_8
                            .newEncoder()
                            .replaceWith(REPLACEMENT)
                            .onMalformedInput(CodingErrorAction.REPLACE)
                            .encode(CharBuffer.wrap(text, start, end - start));
            byte[] exact = new byte[bytes.remaining()];
            bytes.get(exact);
            return exact;
        } catch (CharacterCodingException impossible) {
            throw new AssertionError("malformed input is replaced", impossible);
        }
    }
}
