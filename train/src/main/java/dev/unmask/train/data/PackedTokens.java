package dev.unmask.train.data;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.MappedFiles;
import dev.unmask.tensor.io.AtomicFiles;

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
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * All documents of a corpus as one sequence of token ids in a memory-mapped file, each document followed by the
 * end-of-text token (METHOD §2.5). Opening reads the header only; the operating system pages the rest in and out. Safe
 * to share between threads.
 */
public final class PackedTokens implements TokenText {
    private static final int STRIDE = 1 << 14;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final PackedHeader header;
    private final MemorySegment content;

    private PackedTokens(Path file, PackedHeader header, MemorySegment content) {
        this.file = file;
        this.header = header;
        this.content = content;
    }

    /** Told how far packing is. */
    @FunctionalInterface
    public interface Progress {
        /**
         * After each document.
         *
         * @param documents packed so far
         * @param tokens packed so far
         */
        void packed(long documents, long tokens);
    }

    /**
     * Packs a corpus into a file and opens it. Only one document is in memory at a time; the file appears once it is
     * complete.
     *
     * @param corpus the documents
     * @param tokenizer has an end-of-text token
     * @param file where to; what is there is replaced
     * @param progress told after each document
     * @return the opened file
     * @throws IOException if the corpus cannot be read or the file not written
     * @throws InputException if the tokenizer has no end-of-text token
     */
    public static PackedTokens pack(Corpus corpus, TextTokenizer tokenizer, Path file, Progress progress)
            throws IOException {
        int endOfText = DocumentEncoder.endOfText(tokenizer);
        try (Stream<String> documents = corpus.documents()) {
            AtomicFiles.write(
                    file,
                    output -> {
                        PackedWriter writer = new PackedWriter(output, TokenType.of(tokenizer.vocabulary()));
                        long count = 0;
                        for (Iterator<String> all = documents.iterator(); all.hasNext(); ) {
                            if (DocumentEncoder.encloses(tokenizer)) {
                                writer.write(tokenizer.beginOfText().orElseThrow());
                            }
                            writer.write(tokenizer.encode(all.next()));
                            writer.write(endOfText);
                            count++;
                            progress.packed(count, writer.tokens());
                        }
                        writer.finish(tokenizer.vocabulary(), endOfText, tokenizer.fingerprint(), count);
                    });
        }
        return open(file, tokenizer);
    }

    /**
     * Opens a packed file.
     *
     * @param file what {@link #pack} wrote
     * @return its tokens
     * @throws IOException if it cannot be read, is no packed file or is not whole
     */
    public static PackedTokens open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new InputException(
                    file + ": found a folder, expected a packed file, such as " + file.resolve("validation.tokens"));
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            // Unmapped once nobody refers to it: closing under a reading thread would be worse.
            MemorySegment content = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            ByteBuffer first = content.asSlice(0, Math.min(PackedHeader.BYTES, content.byteSize())).asByteBuffer();
            return new PackedTokens(file, PackedHeader.read(file, first, content.byteSize()), content);
        } catch (NoSuchFileException missing) {
            throw new NoSuchFileException(
                    file.toString(),
                    null,
                    Files.exists(PackingState.file(file.toAbsolutePath().getParent()))
                            ? PackingState.UNFINISHED
                            : "there is no such file; pack the text first");
        }
    }

    /**
     * Opens a packed file and checks that it was packed with a tokenizer.
     *
     * @param file what {@link #pack} wrote
     * @param tokenizer the one it must have been packed with
     * @return its tokens
     * @throws IOException if it cannot be read, is no packed file, is not whole or was packed with another tokenizer
     */
    public static PackedTokens open(Path file, TextTokenizer tokenizer) throws IOException {
        PackedTokens packed = open(file);
        if (packed.header.fingerprint() != tokenizer.fingerprint()
                || packed.header.vocabulary() != tokenizer.vocabulary()) {
            throw new IOException(
                    String.format(
                            Locale.ROOT,
                            "%s: packed with tokenizer %016x of %d tokens, expected %016x of %d; pack the text again",
                            file,
                            packed.header.fingerprint(),
                            packed.header.vocabulary(),
                            tokenizer.fingerprint(),
                            tokenizer.vocabulary()));
        }
        return packed;
    }

    @Override
    public long tokens() {
        return header.tokens();
    }

    @Override
    public long documents() {
        return header.documents();
    }

    @Override
    public int vocabulary() {
        return header.vocabulary();
    }

    /**
     * The id that follows each document.
     *
     * @return an id in {@code [0, V)}
     */
    public int endOfText() {
        return header.endOfText();
    }

    @Override
    public long blocks(int length) {
        BlockRange.checkLength(length);
        return header.tokens() / length;
    }

    /**
     * {@inheritDoc}
     *
     * @throws InputException if the file holds an id that is not of its vocabulary, or has become shorter
     */
    @Override
    public void block(long index, int length, int[] into, int offset) {
        BlockRange.checkIndex(index, blocks(length), length);
        read(index * length, length, into, offset);
    }

    @Override
    public void count(long[] counts) {
        int[] ids = new int[STRIDE];
        for (long first = 0; first < tokens(); first += STRIDE) {
            int length = (int) Math.min(STRIDE, tokens() - first);
            read(first, length, ids, 0);
            for (int i = 0; i < length; i++) {
                counts[ids[i]]++;
            }
        }
    }

    Path file() {
        return file;
    }

    /** Whether it tells where documents begin. */
    boolean isIndexed() {
        return header.indexed();
    }

    /** Tokens of the longest document, if that is told. */
    int longest() {
        return header.longest();
    }

    /**
     * Where a document is.
     *
     * @param first the number of its first token
     * @param length its tokens, with the end of text
     * @param given how many of them are given
     */
    record Place(long first, int length, int given) {}

    /** Where a document is, in a file that tells. */
    Place document(long index) {
        MappedFiles.requireThere(file, content);
        long at = header.indexAt() + index * PackedHeader.INDEX_BYTES;
        long first = index == 0 ? 0 : content.get(LONG, at - PackedHeader.INDEX_BYTES);
        long end = content.get(LONG, at);
        int given = content.get(INT, at + Long.BYTES);
        if (first < 0
                || end <= first
                || end > header.tokens()
                || end - first > header.longest()
                || given < 0
                || given >= end - first) {
            throw new InputException(
                    file
                            + ": document "
                            + index
                            + " goes from token "
                            + first
                            + " to "
                            + end
                            + " with "
                            + given
                            + " given, which cannot be; the file is damaged, pack the text again");
        }
        return new Place(first, (int) (end - first), given);
    }

    /** Reads tokens from any place on. */
    void read(long first, int length, int[] into, int offset) {
        MappedFiles.requireThere(file, content);
        header.type().read(content, PackedHeader.BYTES + first * header.type().bytes(), into, offset, length);
        BlockRange.checkIds(file, first, header.vocabulary(), into, offset, length);
    }
}
