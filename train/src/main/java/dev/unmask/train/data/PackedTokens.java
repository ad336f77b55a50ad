package dev.unmask.train.data;

import dev.unmask.train.TokenBlocks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A packed token file, mapped into memory: documents one after another, each followed by the end-of-text token, so that
 * a corpus may be far larger than memory.
 *
 * <p>Little-endian: 8 bytes {@code UNMASKTK}, int version, int bytes of a token (2 or 4), int vocabulary, int end of
 * text, long fingerprint of the tokenizer, long number of tokens, then the tokens.
 */
public final class PackedTokens implements TokenBlocks {
    static final long MAGIC = 0x4b54_4b53_414d_4e55L;
    static final int VERSION = 1;
    static final int HEADER_BYTES = 40;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfChar CHAR = ValueLayout.JAVA_CHAR_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final MemorySegment mapped;
    private final int bytesPerToken;
    private final int vocabulary;
    private final long fingerprint;
    private final long tokens;

    private PackedTokens(Path file, MemorySegment mapped) {
        this.file = file;
        this.mapped = mapped;
        this.bytesPerToken = mapped.get(INT, 12);
        this.vocabulary = mapped.get(INT, 16);
        this.fingerprint = mapped.get(LONG, 24);
        this.tokens = mapped.get(LONG, 32);
    }

    /**
     * Maps a file.
     *
     * @param file written by {@link TokenPacker}
     * @return its tokens
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is no such file, of another version, or cut off
     */
    public static PackedTokens open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null, "expected a packed token file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, Arena.ofAuto());
            if (size < HEADER_BYTES || mapped.get(LONG, 0) != MAGIC) {
                throw new IllegalArgumentException(file + ": is not a packed token file; make it anew from its text");
            }
            if (mapped.get(INT, 8) != VERSION) {
                throw new IllegalArgumentException(
                        file
                                + ": found version "
                                + mapped.get(INT, 8)
                                + ", expected "
                                + VERSION
                                + "; make it anew from its text");
            }
            PackedTokens packed = new PackedTokens(file, mapped);
            if ((packed.bytesPerToken != 2 && packed.bytesPerToken != 4)
                    || size != HEADER_BYTES + packed.tokens * packed.bytesPerToken) {
                throw new IllegalArgumentException(
                        file
                                + ": found "
                                + size
                                + " bytes, expected "
                                + packed.tokens
                                + " tokens of "
                                + packed.bytesPerToken
                                + " bytes after a header of "
                                + HEADER_BYTES
                                + "; make it anew from its text");
            }
            return packed;
        }
    }

    /**
     * All tokens of the file.
     *
     * @return their number
     */
    public long tokens() {
        return tokens;
    }

    /**
     * The vocabulary of the tokenizer that made the file.
     *
     * @return every token is below this
     */
    public int vocabulary() {
        return vocabulary;
    }

    /**
     * Which tokenizer made the file.
     *
     * @return its fingerprint
     */
    public long fingerprint() {
        return fingerprint;
    }

    @Override
    public long blocks(int length) {
        return tokens / length;
    }

    @Override
    public void block(long index, int length, int[] into, int offset) {
        long first = index * length;
        for (int i = 0; i < length; i++) {
            into[offset + i] = token(first + i);
        }
    }

    private int token(long position) {
        long at = HEADER_BYTES + position * bytesPerToken;
        int id = bytesPerToken == 2 ? mapped.get(CHAR, at) : mapped.get(INT, at);
        if (id < 0 || id >= vocabulary) {
            throw new IllegalArgumentException(
                    file
                            + ": token "
                            + position
                            + ": found id "
                            + id
                            + ", expected one below "
                            + vocabulary
                            + "; make it anew from its text");
        }
        return id;
    }

    /**
     * The entropy of single tokens: what a model that knows only how frequent each token is reaches at best.
     *
     * @return nats a token
     */
    public double unigramEntropy() {
        long[] counts = new long[vocabulary];
        for (long i = 0; i < tokens; i++) {
            counts[token(i)]++;
        }
        double entropy = 0;
        for (long count : counts) {
            if (count > 0) {
                double p = (double) count / tokens;
                entropy -= p * Math.log(p);
            }
        }
        return entropy;
    }
}
