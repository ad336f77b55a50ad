package dev.unmask.train.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The first 64 bytes of a packed file, little-endian: magic {@code UNMASKTK}, version (i32), bytes of a token (i32, 2
 * or 4), tokens (i64), vocabulary (i32), end-of-text id (i32), fingerprint of the tokenizer (i64), documents (i64),
 * tokens of the longest document (i32), zeros. Tokens follow; in version 2 then, for each document, where it ends (i64)
 * and how many of its tokens are given (i32). In version 1 there is no such index and the longest is 0.
 */
record PackedHeader(
        TokenType type,
        long tokens,
        int vocabulary,
        int endOfText,
        long fingerprint,
        long documents,
        boolean indexed,
        int longest) {
    static final int BYTES = 64;

    private static final Magic MAGIC = new Magic("UNMASKTK");
    private static final int PLAIN = 1;
    private static final int INDEXED = 2;

    /** What the index takes for a document. */
    static final int INDEX_BYTES = 12;

    ByteBuffer write() {
        ByteBuffer header = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC.bytes())
                .putInt(indexed ? INDEXED : PLAIN)
                .putInt(type.bytes())
                .putLong(tokens)
                .putInt(vocabulary)
                .putInt(endOfText);
        header.putLong(fingerprint).putLong(documents).putInt(longest);
        return header.rewind();
    }

    static PackedHeader read(Path file, ByteBuffer header, long size) throws IOException {
        if (size < BYTES) {
            throw malformed(file, size + " bytes, expected at least the " + BYTES + " of a header");
        }
        header.order(ByteOrder.LITTLE_ENDIAN);
        Magic magic = Magic.read(header, MAGIC.text().length());
        if (!magic.equals(MAGIC)) {
            throw malformed(file, magic + " at the beginning, expected " + MAGIC);
        }
        int version = header.getInt();
        if (version != PLAIN && version != INDEXED) {
            throw malformed(file, "version " + version + ", expected " + PLAIN + " or " + INDEXED);
        }
        int bytes = header.getInt();
        if (bytes != TokenType.U16.bytes() && bytes != TokenType.I32.bytes()) {
            throw malformed(file, bytes + " bytes a token, expected 2 or 4");
        }
        TokenType type = bytes == TokenType.U16.bytes() ? TokenType.U16 : TokenType.I32;
        PackedHeader read =
                new PackedHeader(
                        type,
                        header.getLong(),
                        header.getInt(),
                        header.getInt(),
                        header.getLong(),
                        header.getLong(),
                        version == INDEXED,
                        header.getInt());
        read.check(file, size);
        return read;
    }

    private void check(Path file, long size) throws IOException {
        int bytes = type.bytes();
        if (tokens < 0
                || documents < 0
                || tokens > (Long.MAX_VALUE - BYTES) / 2 / bytes
                || indexed && documents > Long.MAX_VALUE / 2 / INDEX_BYTES
                || size != indexAt() + (indexed ? documents * INDEX_BYTES : 0)) {
            throw malformed(
                    file,
                    String.format(
                            Locale.ROOT,
                            "%d bytes, expected %d of the header and %d for each of the %d tokens that it announces%s",
                            size,
                            BYTES,
                            bytes,
                            tokens,
                            indexed ? ", and " + INDEX_BYTES + " for each of " + documents + " documents" : ""));
        }
        if (vocabulary < 1) {
            throw malformed(file, "a vocabulary of " + vocabulary + ", expected at least 1");
        }
        if (endOfText < 0 || endOfText >= vocabulary) {
            throw malformed(file, "end-of-text id " + endOfText + ", expected 0 to " + (vocabulary - 1));
        }
        if (documents < 0 || documents > tokens) {
            throw malformed(file, documents + " documents, expected 0 to " + tokens + ", as each ends in a token");
        }
    }

    /** Where the index begins: behind the tokens. */
    long indexAt() {
        return BYTES + tokens * type.bytes();
    }

    private static IOException malformed(Path file, String found) {
        return new IOException(
                file + ": found " + found + "; the file is damaged or of another kind, pack the text again");
    }
}
