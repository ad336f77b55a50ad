package dev.unmask.train.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The first 64 bytes of a packed file, little-endian: magic {@code UNMASKTK}, version (i32, 1), bytes of a token (i32,
 * 2 or 4), tokens (i64), vocabulary (i32), end-of-text id (i32), fingerprint of the tokenizer (i64), documents (i64),
 * zeros.
 */
record PackedHeader(TokenType type, long tokens, int vocabulary, int endOfText, long fingerprint, long documents) {
    static final int BYTES = 64;

    private static final Magic MAGIC = new Magic("UNMASKTK");
    private static final int VERSION = 1;

    ByteBuffer write() {
        ByteBuffer header = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC.bytes())
                .putInt(VERSION)
                .putInt(type.bytes())
                .putLong(tokens)
                .putInt(vocabulary)
                .putInt(endOfText);
        header.putLong(fingerprint).putLong(documents);
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
        if (version != VERSION) {
            throw malformed(file, "version " + version + ", expected " + VERSION);
        }
        int bytes = header.getInt();
        if (bytes != TokenType.U16.bytes() && bytes != TokenType.I32.bytes()) {
            throw malformed(file, bytes + " bytes a token, expected 2 or 4");
        }
        TokenType type = bytes == TokenType.U16.bytes() ? TokenType.U16 : TokenType.I32;
        PackedHeader read =
                new PackedHeader(
                        type, header.getLong(), header.getInt(), header.getInt(), header.getLong(), header.getLong());
        read.check(file, size);
        return read;
    }

    private void check(Path file, long size) throws IOException {
        int bytes = type.bytes();
        if (tokens < 0 || tokens > (Long.MAX_VALUE - BYTES) / bytes || size != BYTES + tokens * bytes) {
            throw malformed(
                    file,
                    String.format(
                            Locale.ROOT,
                            "%d bytes, expected %d of the header and %d for each of the %d tokens that it announces",
                            size,
                            BYTES,
                            bytes,
                            tokens));
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

    private static IOException malformed(Path file, String found) {
        return new IOException(
                file + ": found " + found + "; the file is damaged or of another kind, pack the text again");
    }
}
