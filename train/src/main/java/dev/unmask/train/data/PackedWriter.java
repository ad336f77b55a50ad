package dev.unmask.train.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Writes tokens after room for the header, which is filled in last. */
final class PackedWriter {
    private final FileChannel channel;
    private final TokenType type;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
    private long tokens;

    PackedWriter(FileChannel channel, TokenType type) throws IOException {
        this.channel = channel;
        this.type = type;
        channel.position(PackedHeader.BYTES);
    }

    long tokens() {
        return tokens;
    }

    void write(int... ids) throws IOException {
        for (int id : ids) {
            if (buffer.remaining() < type.bytes()) {
                flush();
            }
            type.put(buffer, id);
        }
        tokens += ids.length;
    }

    void finish(int vocabulary, int endOfText, long fingerprint, long documents) throws IOException {
        flush();
        ByteBuffer header = new PackedHeader(type, tokens, vocabulary, endOfText, fingerprint, documents).write();
        for (int at = 0; header.hasRemaining(); ) {
            at += channel.write(header, at);
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }
}
