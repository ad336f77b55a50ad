package dev.unmask.train.data;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.DiskSpace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A packed file that is being written under a hidden name, and can be cut back to where it was known to be whole:
 * tokens, and beside them the index of documents, which goes behind the tokens when all are there.
 */
final class GrowingTokens implements AutoCloseable {
    private final Path file;
    private final Path partial;
    private final Path indexPartial;
    private final TokenType type;
    private final boolean indexed;
    private final FileChannel tokensChannel;
    private final FileChannel indexChannel;
    private final ByteBuffer ids = ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer index = ByteBuffer.allocateDirect(1 << 15).order(ByteOrder.LITTLE_ENDIAN);
    private long tokens;
    private long documents;
    private int longest;

    /**
     * How far it is.
     *
     * @param tokens written
     * @param documents written
     * @param longest tokens of the longest
     */
    record Extent(long tokens, long documents, int longest) {
        static final Extent NONE = new Extent(0, 0, 0);
    }

    GrowingTokens(Path file, TokenType type, boolean indexed, Extent from) throws IOException {
        this.file = file;
        this.type = type;
        this.indexed = indexed;
        this.partial = partial(file);
        this.indexPartial = indexPartial(file);
        this.tokensChannel = open(partial);
        this.indexChannel = open(indexPartial);
        tokens = from.tokens();
        documents = from.documents();
        longest = from.longest();
        cut(tokensChannel, PackedHeader.BYTES + tokens * type.bytes());
        cut(indexChannel, documents * PackedHeader.INDEX_BYTES);
    }

    private static Path partial(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".partial");
    }

    private static Path indexPartial(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".index");
    }

    private static FileChannel open(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private static void cut(FileChannel channel, long size) throws IOException {
        if (channel.size() < size) {
            // What is filled up here is room for the header; more is never missing, see holds().
            channel.write(ByteBuffer.allocate((int) (size - channel.size())), channel.size());
        }
        channel.truncate(size);
        channel.position(size);
    }

    /** Whether so much was written under the hidden name before. */
    static boolean holds(Path file, TokenType type, boolean indexed, Extent extent) throws IOException {
        Path index = indexPartial(file);
        return Files.isRegularFile(partial(file))
                && Files.size(partial(file)) >= PackedHeader.BYTES + extent.tokens() * type.bytes()
                && Files.isRegularFile(index)
                && (!indexed || Files.size(index) >= extent.documents() * PackedHeader.INDEX_BYTES);
    }

    Extent extent() {
        return new Extent(tokens, documents, longest);
    }

    void add(int[] document, int given) throws IOException {
        for (int id : document) {
            if (ids.remaining() < type.bytes()) {
                flush(ids, tokensChannel);
            }
            type.put(ids, id);
        }
        tokens += document.length;
        documents++;
        longest = indexed ? Math.max(longest, document.length) : 0;
        if (indexed) {
            if (index.remaining() < PackedHeader.INDEX_BYTES) {
                flush(index, indexChannel);
            }
            index.putLong(tokens).putInt(given);
        }
    }

    /** Forces everything to the disk. */
    void force() throws IOException {
        flush(ids, tokensChannel);
        flush(index, indexChannel);
        tokensChannel.force(true);
        indexChannel.force(true);
    }

    private void flush(ByteBuffer buffer, FileChannel channel) throws IOException {
        buffer.flip();
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw DiskSpace.unwritable(file, e);
        }
        buffer.clear();
    }

    /** Makes the file of what is there. */
    void finish(TextTokenizer tokenizer) throws IOException {
        force();
        if (indexed) {
            long size = indexChannel.size();
            for (long at = 0; at < size; ) {
                at += indexChannel.transferTo(at, size - at, tokensChannel);
            }
        }
        ByteBuffer header =
                new PackedHeader(
                                type,
                                tokens,
                                tokenizer.vocabulary(),
                                DocumentEncoder.endOfText(tokenizer),
                                tokenizer.fingerprint(),
                                documents,
                                indexed,
                                longest)
                        .write();
        for (long at = 0; header.hasRemaining(); ) {
            at += tokensChannel.write(header, at);
        }
        tokensChannel.force(true);
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(indexPartial);
        AtomicFiles.force(file.toAbsolutePath().getParent());
    }

    @Override
    public void close() throws IOException {
        tokensChannel.close();
        indexChannel.close();
    }
}
