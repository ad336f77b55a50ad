package dev.unmask.train.data;

import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes tokens after room for the header, which is filled in last. */
final class PackedWriter {
    private final AtomicFiles.Output output;
    private final TokenType type;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
    private long tokens;

    PackedWriter(AtomicFiles.Output output, TokenType type) throws IOException {
        this.output = output;
        this.type = type;
        output.write(ByteBuffer.allocate(PackedHeader.BYTES));
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
        output.writeAt(
                new PackedHeader(type, tokens, vocabulary, endOfText, fingerprint, documents, false, 0).write(), 0);
    }

    private void flush() throws IOException {
        buffer.flip();
        output.write(buffer);
        buffer.clear();
    }
}
