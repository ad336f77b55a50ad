package dev.unmask.train.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The first 64 bytes of a packed file, little-endian: magic {@code UNMASKTK}, version (i32, 1), bytes of a token (i32,
 * 2 or 4), tokens (i64), vocabulary (i32), end-of-text id (i32), fingerprint of the tokenizer (i64), documents (i64),
 * zeros.
 */
record PackedHeader(TokenType type, long tokens, int vocabulary, int endOfText, long fingerprint, long documents) {
    static final int BYTES = 64;

    private static final byte[] MAGIC = "UNMASKTK".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;

    ByteBuffer write() {
        ByteBuffer header = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).putInt(VERSION).putInt(type.bytes()).putLong(tokens).putInt(vocabulary).putInt(endOfText);
        header.putLong(fingerprint).putLong(documents);
        return header.rewind();
    }

    static PackedHeader read(Path file, ByteBuffer header, long size) throws IOException {
        if (size < BYTES) {
            throw malformed(file, size + " bytes, expected a header of " + BYTES);
        }
        header.order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        header.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw malformed(file, "it does not begin with UNMASKTK, so it is no packed file");
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
        if (read.tokens < 0 || read.tokens > (Long.MAX_VALUE - BYTES) / bytes || size != BYTES + read.tokens * bytes) {
            throw malformed(
                    file, size + " bytes, but its header announces " + read.tokens + " tokens of " + bytes + " bytes");
        }
        if (read.vocabulary < 1 || read.endOfText < 0 || read.endOfText >= read.vocabulary) {
            throw malformed(file, "end-of-text id " + read.endOfText + " in a vocabulary of " + read.vocabulary);
        }
        if (read.documents < 0 || read.documents > read.tokens) {
            throw malformed(file, read.documents + " documents in " + read.tokens + " tokens");
        }
        return read;
    }

    private static IOException malformed(Path file, String found) {
        return new IOException(
                file + ": found " + found + "; the file is damaged or of another kind, pack the text again");
    }
}
