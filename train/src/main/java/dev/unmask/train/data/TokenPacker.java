package dev.unmask.train.data;

import dev.unmask.model.TextTokenizer;
import dev.unmask.tensor.AtomicFiles;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/** Turns text into a {@linkplain PackedTokens packed token file}. */
public final class TokenPacker {
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int REPORT_EVERY = 1000;

    private final TextTokenizer tokenizer;
    private final int end;

    /**
     * A packer.
     *
     * @param tokenizer turns documents into tokens
     * @throws IllegalArgumentException if it has no end-of-text token to put between documents
     */
    public TokenPacker(TextTokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.end =
                tokenizer
                        .endOfText()
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "tokenizer: it has no end-of-text token to put between documents"));
    }

    /**
     * Writes the chosen documents of some corpora, atomically.
     *
     * @param corpora read in order
     * @param chosen which documents
     * @param file the packed token file
     * @param progress told now and then how many characters have been read
     * @throws IOException if a source cannot be read or the file cannot be written
     */
    public void pack(List<Corpus> corpora, Predicate<String> chosen, Path file, LongConsumer progress)
            throws IOException {
        AtomicFiles.write(
                file,
                channel -> {
                    Output output = new Output(channel, tokenizer.vocabulary() <= 1 << 16 ? 2 : 4);
                    channel.position(PackedTokens.HEADER_BYTES);
                    long[] read = new long[2];
                    for (Corpus corpus : corpora) {
                        corpus.read(document -> {
                            read[0] += document.length();
                            if (++read[1] % REPORT_EVERY == 0) {
                                progress.accept(read[0]);
                            }
                            if (chosen.test(document)) {
                                output.document(tokenizer.encode(document));
                            }
                        });
                    }
                    output.flush();
                    progress.accept(read[0]);
                    channel.write(header(output), 0);
                });
    }

    private ByteBuffer header(Output output) {
        MemorySegment header = Arena.ofAuto().allocate(PackedTokens.HEADER_BYTES);
        header.set(PackedTokens.LONG, 0, PackedTokens.MAGIC);
        header.set(PackedTokens.INT, 8, PackedTokens.VERSION);
        header.set(PackedTokens.INT, 12, output.bytesPerToken);
        header.set(PackedTokens.INT, 16, tokenizer.vocabulary());
        header.set(PackedTokens.INT, 20, end);
        header.set(PackedTokens.LONG, 24, tokenizer.fingerprint());
        header.set(PackedTokens.LONG, 32, output.tokens);
        return header.asByteBuffer();
    }

    private final class Output {
        private final FileChannel channel;
        private final int bytesPerToken;
        private final MemorySegment memory = Arena.ofAuto().allocate(BUFFER_BYTES);
        private final ByteBuffer buffer = memory.asByteBuffer();
        private int used;
        private long tokens;

        Output(FileChannel channel, int bytesPerToken) {
            this.channel = channel;
            this.bytesPerToken = bytesPerToken;
        }

        void document(int[] ids) throws IOException {
            for (int id : ids) {
                put(id);
            }
            put(end);
        }

        private void put(int id) throws IOException {
            if (used == BUFFER_BYTES) {
                flush();
            }
            if (bytesPerToken == 2) {
                memory.set(PackedTokens.CHAR, used, (char) id);
            } else {
                memory.set(PackedTokens.INT, used, id);
            }
            used += bytesPerToken;
            tokens++;
        }

        void flush() throws IOException {
            buffer.limit(used).position(0);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            buffer.clear();
            used = 0;
        }
    }
}
