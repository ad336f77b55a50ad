package dev.unmask.tensor.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What tells the content of a file from any other.
 *
 * @param bytes its length
 * @param sha256 its SHA-256, 64 hexadecimal digits
 */
public record FileDigest(long bytes, String sha256) {
    private static final int BUFFER = 1 << 18;

    /** Takes content piece by piece, as it is written or read. */
    public static final class Sum {
        private final MessageDigest digest = digest();
        private long bytes;

        /** A sum of nothing yet. */
        public Sum() {}

        /**
         * Takes the next piece.
         *
         * @param piece read from its position to its limit; both are left as they are
         */
        public void add(ByteBuffer piece) {
            bytes += piece.remaining();
            digest.update(piece.duplicate());
        }

        private void add(byte[] piece, int length) {
            bytes += length;
            digest.update(piece, 0, length);
        }

        /**
         * The digest of all pieces; the sum then begins anew.
         *
         * @return the digest
         */
        public FileDigest total() {
            FileDigest total = new FileDigest(bytes, HexFormat.of().formatHex(digest.digest()));
            bytes = 0;
            return total;
        }
    }

    /**
     * The digest of content at hand.
     *
     * @param content all of it
     * @return the digest
     */
    public static FileDigest of(byte[] content) {
        Sum sum = new Sum();
        sum.add(content, content.length);
        return sum.total();
    }

    /**
     * The digest of a file, all of which is read.
     *
     * @param file the file
     * @return the digest
     * @throws IOException if it cannot be read
     */
    public static FileDigest of(Path file) throws IOException {
        Sum sum = new Sum();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                sum.add(buffer, read);
            }
        }
        return sum.total();
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
