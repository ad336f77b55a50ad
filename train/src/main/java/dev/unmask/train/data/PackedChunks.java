package dev.unmask.train.data;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.MappedFiles;
import dev.unmask.tensor.io.FileDigest;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The packed files that SMDM and TinyLlama train on (METHOD §2.5): each a chunk of tokens after a header of 24 bytes,
 * little-endian: magic {@code LITPKDS}, version (u64, 1), dtype code (u8; 8 is u16, 4 is i32), tokens (u64). A block
 * never crosses from one chunk to the next; what is left of a chunk is not read.
 */
public final class PackedChunks implements TokenText {
    private static final int STRIDE = 1 << 10;

    static final Magic MAGIC = new Magic("LITPKDS");
    private static final int HEADER_BYTES = 24;
    private static final int HASHED = 1 << 16;

    private final List<Chunk> chunks;
    private final long chunkTokens;
    private final int vocabulary;

    private record Chunk(Path file, TokenType type, long tokens, MemorySegment content) {}

    private PackedChunks(List<Chunk> chunks, int vocabulary) {
        this.chunks = List.copyOf(chunks);
        this.chunkTokens = chunks.getFirst().tokens();
        this.vocabulary = vocabulary;
    }

    /**
     * Opens chunks.
     *
     * @param path a chunk, or a folder: all its {@code .bin} files in the order of their names
     * @param vocabulary {@code V}, which the files do not tell: all ids must be below it
     * @return their tokens
     * @throws IOException if a file cannot be read, is no chunk, is not whole or differs in size from the first
     */
    public static PackedChunks open(Path path, int vocabulary) throws IOException {
        List<Chunk> chunks = new ArrayList<>();
        for (Path file : files(path)) {
            Chunk chunk = chunk(file);
            if (!chunks.isEmpty() && chunk.tokens() != chunks.getFirst().tokens()) {
                Chunk first = chunks.getFirst();
                throw malformed(
                        file, chunk.tokens() + " tokens, expected " + first.tokens() + " as in " + first.file());
            }
            chunks.add(chunk);
        }
        return new PackedChunks(chunks, vocabulary);
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            List<Path> files = all.filter(file -> file.toString().endsWith(".bin")).sorted().toList();
            if (files.isEmpty()) {
                throw new NoSuchFileException(path.toString(), null, "the folder has no .bin file");
            }
            return files;
        }
    }

    private static Chunk chunk(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment content = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            if (content.byteSize() < HEADER_BYTES) {
                throw malformed(
                        file, content.byteSize() + " bytes, expected at least the " + HEADER_BYTES + " of a header");
            }
            ByteBuffer header = content.asSlice(0, HEADER_BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            Magic magic = Magic.read(header, MAGIC.text().length());
            if (!magic.equals(MAGIC)) {
                throw malformed(file, magic + " at the beginning, expected " + MAGIC);
            }
            long version = header.getLong(7);
            if (version != 1) {
                throw malformed(file, "version " + version + ", expected 1");
            }
            TokenType type =
                    switch (header.get(15)) {
                        case 8 -> TokenType.U16;
                        case 4 -> TokenType.I32;
                        default ->
                                throw malformed(file, "dtype code " + header.get(15) + ", expected 8 (u16) or 4 (i32)");
                    };
            long tokens = header.getLong(16);
            long room = content.byteSize() - HEADER_BYTES;
            if (tokens < 1) {
                throw malformed(file, tokens + " tokens announced by its header, expected at least 1");
            }
            if (room % type.bytes() != 0 || tokens != room / type.bytes()) {
                throw malformed(
                        file,
                        String.format(
                                Locale.ROOT,
                                "%d bytes after the header, expected %d for each of the %d tokens that it announces",
                                room,
                                type.bytes(),
                                tokens));
            }
            return new Chunk(file, type, tokens, content);
        } catch (NoSuchFileException missing) {
            throw new NoSuchFileException(
                    file.toString(), null, "there is no such file; expected a LITPKDS chunk or a folder of such");
        }
    }

    private static IOException malformed(Path file, String found) {
        return new IOException(
                file + ": found " + found + "; the file is damaged or no LITPKDS chunk, copy or make it again");
    }

    @Override
    public long blocks(int length) {
        BlockRange.checkLength(length);
        return chunks.size() * (chunkTokens / length);
    }

    /**
     * {@inheritDoc}
     *
     * @throws InputException if a file holds an id that is not of the vocabulary, or has become shorter
     */
    @Override
    public void block(long index, int length, int[] into, int offset) {
        BlockRange.checkIndex(index, blocks(length), length);
        long each = chunkTokens / length;
        Chunk chunk = chunks.get((int) (index / each));
        long first = index % each * length;
        MappedFiles.requireThere(chunk.file(), chunk.content());
        chunk.type().read(chunk.content(), HEADER_BYTES + first * chunk.type().bytes(), into, offset, length);
        BlockRange.checkIds(chunk.file(), first, vocabulary, into, offset, length);
    }

    @Override
    public long tokens() {
        return chunks.size() * chunkTokens;
    }

    /** Unknown: documents are not told apart. */
    @Override
    public long documents() {
        return 0;
    }

    @Override
    public int vocabulary() {
        return vocabulary;
    }

    @Override
    public void count(long[] counts) {
        count(counts, 0, blocks(STRIDE));
    }

    private void count(long[] counts, long first, long end) {
        int[] ids = new int[STRIDE];
        for (long block = first; block < end; block++) {
            block(block, STRIDE, ids, 0);
            for (int id : ids) {
                counts[id]++;
            }
        }
    }

    /**
     * A hash of the names, lengths and first bytes of all chunks: to read terabytes at every start would be too slow.
     */
    String sha256() throws IOException {
        StringBuilder all = new StringBuilder();
        for (Chunk chunk : chunks) {
            byte[] first = new byte[(int) Math.min(HASHED, chunk.content().byteSize())];
            MemorySegment.copy(chunk.content(), ValueLayout.JAVA_BYTE, 0, first, 0, first.length);
            all.append(chunk.file().getFileName())
                    .append(' ')
                    .append(chunk.content().byteSize())
                    .append(' ')
                    .append(FileDigest.of(first).sha256())
                    .append('\n');
        }
        return Sha256.of(all.toString());
    }

    /** The last blocks of all, for validation, or those before. */
    TokenText part(double fraction, boolean last) {
        return new Part(this, fraction, last);
    }

    private record Part(PackedChunks all, double fraction, boolean last) implements TokenText {
        private long kept(long blocks) {
            return blocks - (long) (blocks * fraction);
        }

        @Override
        public long tokens() {
            return last ? all.tokens() - kept(all.tokens()) : kept(all.tokens());
        }

        @Override
        public long documents() {
            return 0;
        }

        @Override
        public int vocabulary() {
            return all.vocabulary();
        }

        @Override
        public void count(long[] counts) {
            long blocks = all.blocks(STRIDE);
            all.count(counts, last ? kept(blocks) : 0, last ? blocks : kept(blocks));
        }

        @Override
        public long blocks(int length) {
            long blocks = all.blocks(length);
            return last ? blocks - kept(blocks) : kept(blocks);
        }

        @Override
        public void block(long index, int length, int[] into, int offset) {
            BlockRange.checkIndex(index, blocks(length), length);
            all.block(index + (last ? kept(all.blocks(length)) : 0), length, into, offset);
        }
    }
}
