package dev.unmask.model.tokenizer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The UTF-8 bytes of a text as ids 0 to 255, and 256 to end a text. Its {@code tokenizer.json} is a byte-level BPE
 * without merges, so that Hugging Face's library reads it as well.
 */
public final class ByteTokenizer implements TextTokenizer {
    private static final int END_OF_TEXT = 256;
    private static final Vocabulary VOCABULARY = vocabularyOfBytes();

    /** Creates one; all are alike. */
    public ByteTokenizer() {}

    private static Vocabulary vocabularyOfBytes() {
        List<String> tokens = new ArrayList<>(END_OF_TEXT + 1);
        for (int b = 0; b < END_OF_TEXT; b++) {
            tokens.add(String.valueOf(ByteAlphabet.character(b)));
        }
        tokens.add(BytePairEncoding.END_OF_TEXT);
        return new Vocabulary(tokens, List.of(new AddedToken(END_OF_TEXT, BytePairEncoding.END_OF_TEXT, true)));
    }

    /** Whether a vocabulary without merges is that of this tokenizer. */
    static boolean has(Vocabulary vocabulary) {
        return vocabulary.tokens().equals(VOCABULARY.tokens()) && vocabulary.added().equals(VOCABULARY.added());
    }

    @Override
    public int[] encode(String text) {
        char[] characters = text.toCharArray();
        TokenIds ids = new TokenIds(characters.length + 8);
        new AddedTokens(VOCABULARY.added())
                .split(
                        text,
                        new AddedTokens.Parts() {
                            @Override
                            public void text(int start, int end) {
                                for (byte b : Utf8.encode(characters, start, end)) {
                                    ids.add(b & 0xFF);
                                }
                            }

                            @Override
                            public void token(AddedToken token) {
                                ids.add(token.id());
                            }
                        });
        return ids.toArray();
    }

    @Override
    public String decode(int... ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(ids.length);
        for (int id : ids) {
            if (!VOCABULARY.isToken(id)) {
                bytes.writeBytes(Utf8.REPLACEMENT);
            } else if (id == END_OF_TEXT) {
                bytes.writeBytes(BytePairEncoding.END_OF_TEXT.getBytes(StandardCharsets.US_ASCII));
            } else {
                bytes.write(id);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public int vocabulary() {
        return VOCABULARY.size();
    }

    @Override
    public OptionalInt endOfText() {
        return OptionalInt.of(END_OF_TEXT);
    }

    @Override
    public OptionalInt beginOfText() {
        return OptionalInt.empty();
    }

    @Override
    public boolean beginsTexts() {
        return false;
    }

    @Override
    public OptionalInt unknown() {
        return OptionalInt.empty();
    }

    @Override
    public OptionalInt mask() {
        return OptionalInt.empty();
    }

    @Override
    public Set<Integer> special() {
        return Set.of(END_OF_TEXT);
    }

    @Override
    public OptionalInt id(String token) {
        return VOCABULARY.id(token);
    }

    @Override
    public String token(int id) {
        return VOCABULARY.token(id);
    }

    @Override
    public long fingerprint() {
        return TokenizerFile.fingerprint(json());
    }

    @Override
    public void save(Path path) throws IOException {
        TokenizerFile.write(path, json());
    }

    private static byte[] json() {
        return TokenizerFile.json(VOCABULARY, List.of(), false);
    }
}
