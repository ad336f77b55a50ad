package dev.unmask.train.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How a token lies in a file, little-endian. */
enum TokenType {
    /** Two bytes, unsigned. */
    U16(2),
    /** Four bytes. */
    I32(4);

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int bytes;

    TokenType(int bytes) {
        this.bytes = bytes;
    }

    static TokenType of(int vocabulary) {
        return vocabulary <= 1 << 16 ? U16 : I32;
    }

    int bytes() {
        return bytes;
    }

    void put(ByteBuffer buffer, int token) {
        if (this == U16) {
            buffer.putShort((short) token);
        } else {
            buffer.putInt(token);
        }
    }

    /** Reads {@code length} tokens that begin at a byte. */
    void read(MemorySegment from, long at, int[] into, int offset, int length) {
        if (this == U16) {
            for (int i = 0; i < length; i++) {
                into[offset + i] = from.get(SHORT, at + 2L * i) & 0xFFFF;
            }
        } else {
            for (int i = 0; i < length; i++) {
                into[offset + i] = from.get(INT, at + 4L * i);
            }
        }
    }
}
