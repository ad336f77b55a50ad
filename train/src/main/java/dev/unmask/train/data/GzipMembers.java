package dev.unmask.train.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * What is in a file of gzip (RFC 1952): one member or several, one after another. The JDK's stream takes whatever
 * stands behind a member for the end of the file, so that half of a file that was damaged in its middle would be read
 * as all of it; here it is refused. Only zeros may stand there, which tapes and copies of blocks leave.
 */
final class GzipMembers extends InputStream {
    private static final int MAGIC_FIRST = 0x1F;
    private static final int MAGIC_SECOND = 0x8B;
    private static final int DEFLATED = 8;
    private static final int HAS_CHECKSUM = 1 << 1;
    private static final int HAS_EXTRA = 1 << 2;
    private static final int HAS_NAME = 1 << 3;
    private static final int HAS_COMMENT = 1 << 4;

    /** Time, kind of compression and system stand between the flags and what they tell of. */
    private static final int UNUSED = 6;

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private final Inflater inflater = new Inflater(true);
    private final CRC32 sum = new CRC32();
    private int position;
    private int limit;
    private boolean ended;

    /** Reads the header of the first member. */
    GzipMembers(InputStream in) throws IOException {
        this.in = in;
        if (next() != MAGIC_FIRST || next() != MAGIC_SECOND) {
            throw new ZipException("no gzip file");
        }
        header();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        while (!ended && length > 0) {
            int read = inflate(into, offset, length);
            if (read > 0) {
                sum.update(into, offset, read);
                return read;
            }
            if (inflater.finished()) {
                position = limit - inflater.getRemaining();
                trailer();
                ended = !isFollowed();
            } else if (!fill()) {
                throw cutShort();
            } else {
                give();
            }
        }
        return length == 0 ? 0 : -1;
    }

    private int inflate(byte[] into, int offset, int length) throws ZipException {
        try {
            return inflater.inflate(into, offset, length);
        } catch (DataFormatException e) {
            throw new ZipException(e.getMessage() == null ? "no such compression" : e.getMessage());
        }
    }

    /** What stands between the two bytes that tell gzip and what was compressed. */
    private void header() throws IOException {
        if (next() != DEFLATED) {
            throw new ZipException("compressed in a way that is not known");
        }
        int flags = next();
        skip(UNUSED);
        if ((flags & HAS_EXTRA) != 0) {
            skip(next() | next() << 8);
        }
        for (int text : new int[] {HAS_NAME, HAS_COMMENT}) {
            while ((flags & text) != 0 && next() != 0) {}
        }
        if ((flags & HAS_CHECKSUM) != 0) {
            skip(2);
        }
        sum.reset();
        inflater.reset();
        give();
    }

    /** Gives the inflater all that was read; what it leaves is taken back when it has finished. */
    private void give() {
        inflater.setInput(buffer, position, limit - position);
        position = limit;
    }

    private void trailer() throws IOException {
        if (number() != sum.getValue() || number() != (inflater.getBytesWritten() & 0xFFFF_FFFFL)) {
            throw new ZipException("its checksum is another one");
        }
    }

    /** Whether another member stands behind; then its header is read. */
    private boolean isFollowed() throws IOException {
        if (!fill()) {
            return false;
        }
        int first = next();
        if (first == MAGIC_FIRST && next() == MAGIC_SECOND) {
            header();
            return true;
        }
        for (int more = first; ; more = next()) {
            if (more != 0) {
                throw new ZipException("bytes that are not compressed stand behind what is");
            }
            if (!fill()) {
                return false;
            }
        }
    }

    private long number() throws IOException {
        return next() | next() << 8 | next() << 16 | (long) next() << 24;
    }

    private void skip(int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) {
            next();
        }
    }

    private int next() throws IOException {
        if (!fill()) {
            throw cutShort();
        }
        return buffer[position++] & 0xFF;
    }

    /** Whether there is a byte to read. */
    private boolean fill() throws IOException {
        if (position < limit) {
            return true;
        }
        position = 0;
        limit = Math.max(0, in.read(buffer));
        return limit > 0;
    }

    private static EOFException cutShort() {
        return new EOFException("it ends too early");
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
