package dev.unmask.train.data;

import dev.unmask.tensor.io.FileKind;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.ServiceLoader;

/** Streams of what was compressed. */
final class Unpacked {
    private Unpacked() {}

    /** What is in a stream of a kind; empty if that is not compressed, or by what nobody here unpacks. */
    static Optional<InputStream> of(FileKind kind, InputStream packed) throws IOException {
        if (kind == FileKind.GZIP) {
            return Optional.of(new GzipMembers(packed));
        }
        for (Compression compression : ServiceLoader.load(Compression.class, Compression.class.getClassLoader())) {
            if (compression.kind() == kind) {
                return Optional.of(new Damageable(compression.unpack(packed)));
            }
        }
        return Optional.empty();
    }

    /** Whether reading failed because what was compressed is not whole. */
    static boolean isDamage(IOException failure) {
        return failure instanceof Damage;
    }

    /** What was compressed is not whole. */
    private static final class Damage extends IOException {
        private static final long serialVersionUID = 1;

        private Damage(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** A stream whose failures are those of unpacking. */
    private static final class Damageable extends BufferedInputStream {
        private Damageable(InputStream in) {
            super(in, 1 << 16);
        }

        @Override
        public synchronized int read(byte[] into, int offset, int length) throws IOException {
            try {
                return super.read(into, offset, length);
            } catch (IOException e) {
                throw new Damage(e);
            }
        }
    }
}
