package dev.unmask.model.tokenizer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Byte-level byte-pair encoding as GPT-2 has it: text is cut into pieces like words, the UTF-8 bytes of each are
 * merged. It gives the same ids as Hugging Face's library for the same {@code tokenizer.json}. Every text can be
 * encoded and comes back unchanged. {@link BytePairTrainer} learns one.
 */
public final class BytePairEncoding extends VocabularyTokenizer {
    /** The token that ends a document. */
    public static final String END_OF_TEXT = "<|endoftext|>";

    private static final int CHUNK = 1 << 20;

    private final List<MergeTable.Merge> merges;
    private final AddedTokens added;
    private final MergeTable table;
    private final int[] idOfByte = new int[256];
    private final byte[][] bytesOfId;
    private final PieceCache cache = new PieceCache();
    private final long fingerprint;

    /**
     * An encoding.
     *
     * @param vocabulary has a token for each of the 256 bytes
     * @param merges the merges, first learnt first
     */
    BytePairEncoding(Vocabulary vocabulary, List<MergeTable.Merge> merges, SpecialTokens special) {
        super(vocabulary, special);
        this.merges = List.copyOf(merges);
        this.added = new AddedTokens(vocabulary.added());
        this.table = new MergeTable(merges);
        for (int b = 0; b < 256; b++) {
            idOfByte[b] = vocabulary.id(String.valueOf(ByteAlphabet.character(b))).orElseThrow();
        }
        this.bytesOfId = new byte[vocabulary.size()][];
        for (int id = 0; id < bytesOfId.length; id++) {
            String name = vocabulary.token(id);
            bytesOfId[id] =
                    ByteAlphabet.isName(name) ? ByteAlphabet.bytes(name) : name.getBytes(StandardCharsets.UTF_8);
        }
        for (AddedToken token : vocabulary.added()) {
            bytesOfId[token.id()] = token.content().getBytes(StandardCharsets.UTF_8);
        }
        this.fingerprint = TokenizerFile.fingerprint(TokenizerFile.json(vocabulary, merges, true));
    }

    /**
     * The number of merges.
     *
     * @return at least 0
     */
    public int merges() {
        return merges.size();
    }

    @Override
    public int[] encode(String text) {
        char[] characters = text.toCharArray();
        TokenIds ids = new TokenIds(characters.length / 3 + 8);
        added.split(
                text,
                new AddedTokens.Parts() {
                    @Override
                    public void text(int start, int end) {
                        encode(characters, start, end, ids);
                    }

                    @Override
                    public void token(AddedToken token) {
                        ids.add(token.id());
                    }
                });
        return ids.toArray();
    }

    /** {@inheritDoc} Only about a million characters are held at a time, unless they have no white space. */
    @Override
    public void encode(Reader text, IntConsumer into) throws IOException {
        if (added.holdWhiteSpace()) {
            super.encode(text, into);
            return;
        }
        char[] buffer = new char[CHUNK];
        int filled = 0;
        int searched = 0;
        for (int read = text.read(buffer, 0, CHUNK);
                read >= 0;
                read = text.read(buffer, filled, buffer.length - filled)) {
            filled += read;
            if (filled < buffer.length) {
                continue;
            }
            int cut = lastBoundary(buffer, searched, filled);
            if (cut == 0) {
                searched = filled - 1;
                buffer = Arrays.copyOf(buffer, 2 * buffer.length);
                continue;
            }
            emit(new String(buffer, 0, cut), into);
            filled -= cut;
            searched = 0;
            System.arraycopy(buffer, cut, buffer, 0, filled);
        }
        emit(new String(buffer, 0, filled), into);
    }

    private void emit(String text, IntConsumer into) {
        for (int id : encode(text)) {
            into.accept(id);
        }
    }

    private static int lastBoundary(char[] text, int from, int to) {
        for (int i = to - 1; i > from; i--) {
            if (PreTokens.isBoundary(text[i - 1], text[i])) {
                return i;
            }
        }
        return 0;
    }

    private void encode(char[] text, int from, int to, TokenIds ids) {
        int start = from;
        while (start < to) {
            int end = PreTokens.end(text, start, to);
            int[] tokens = cache.get(text, start, end);
            if (tokens == null) {
                tokens = table.apply(bytes(text, start, end));
                cache.put(text, start, end, tokens);
            }
            ids.add(tokens);
            start = end;
        }
    }

    private int[] bytes(char[] text, int start, int end) {
        byte[] bytes = Utf8.encode(text, start, end);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = idOfByte[bytes[i] & 0xFF];
        }
        return ids;
    }

    @Override
    public String decode(int... ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4 * ids.length);
        for (int id : ids) {
            bytes.writeBytes(vocabulary.isToken(id) ? bytesOfId[id] : Utf8.REPLACEMENT);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public long fingerprint() {
        return fingerprint;
    }

    @Override
    public void save(Path path) throws IOException {
        TokenizerFile.write(path, TokenizerFile.json(vocabulary, merges, true));
    }
}
