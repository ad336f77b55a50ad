package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.BytePairEncoding;
import dev.unmask.model.tokenizer.BytePairTrainer;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

class PackedTokensTest {
    private static final TextTokenizer BYTES = new ByteTokenizer();

    @TempDir private Path folder;

    private record Documents(String... texts) implements Corpus {
        @Override
        public String name() {
            return "documents";
        }

        @Override
        public Stream<String> documents() {
            return Stream.of(texts);
        }
    }

    private PackedTokens pack(String... texts) throws IOException {
        return PackedTokens.pack(new Documents(texts), BYTES, folder.resolve("data.bin"), (documents, tokens) -> {});
    }

    /** The tokenizer of bytes as one of a family that encloses texts, as BERT's does. */
    private static TextTokenizer enclosing(int begin) {
        return (TextTokenizer)
                Proxy.newProxyInstance(
                        TextTokenizer.class.getClassLoader(),
                        new Class<?>[] {TextTokenizer.class},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "beginsTexts", "endsTexts" -> true;
                                    case "beginOfText" -> OptionalInt.of(begin);
                                    default -> method.invoke(BYTES, arguments);
                                });
    }

    @Test
    void aFamilyThatEnclosesTextsHasBothTokensAroundEachDocument() throws IOException {
        TextTokenizer tokenizer = enclosing(1);
        PackedTokens packed =
                PackedTokens.pack(
                        new Documents("ab", "c"), tokenizer, folder.resolve("data.bin"), (documents, tokens) -> {});
        int[] ids = new int[7];
        packed.block(0, 7, ids, 0);
        assertArrayEquals(new int[] {1, 'a', 'b', 256, 1, 'c', 256}, ids);
        CorpusEntry document =
                new CorpusEntry.Document(
                        List.of(new CorpusEntry.Part("a", true), new CorpusEntry.Part("b", false)), "");
        DataSettings packing = new DataSettings(List.of("text"), "line", "bytes", 300, 0.1);
        for (DataSettings.Sequences sequences : DataSettings.Sequences.values()) {
            DataSettings settings =
                    new DataSettings(
                            packing.sources(),
                            packing.weights(),
                            packing.documents(),
                            packing.records(),
                            sequences,
                            16,
                            packing.tokenizer(),
                            packing.vocabulary(),
                            packing.validationFraction(),
                            true);
            DocumentEncoder.Result.Tokens tokens =
                    (DocumentEncoder.Result.Tokens)
                            new DocumentEncoder(tokenizer, settings).encode(document, new DocumentSplit(0));
            assertEquals(1, tokens.ids()[0]);
            assertEquals(256, tokens.ids()[tokens.ids().length - 1]);
            assertEquals(1, Arrays.stream(tokens.ids()).filter(id -> id == 1).count(), sequences.toString());
        }
    }

    @Test
    void documentsFollowEachOtherWithEndOfTextAfterEach() throws IOException {
        PackedTokens packed = pack("ab", "", "c");
        assertEquals(6, packed.tokens());
        assertEquals(3, packed.documents());
        assertEquals(256, packed.endOfText());
        int[] all = new int[8];
        packed.block(0, 6, all, 1);
        assertArrayEquals(new int[] {0, 'a', 'b', 256, 256, 'c', 256, 0}, all);
    }

    @Test
    void onlyWholeBlocksAreRead() throws IOException {
        PackedTokens packed = pack("abcdef");
        assertEquals(2, packed.blocks(3));
        assertEquals(0, packed.blocks(8));
        int[] block = new int[3];
        packed.block(1, 3, block, 0);
        assertArrayEquals(new int[] {'d', 'e', 'f'}, block);
        assertThrows(IndexOutOfBoundsException.class, () -> packed.block(2, 3, block, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> packed.block(-1, 3, block, 0));
        assertThrows(InputException.class, () -> packed.blocks(0));
    }

    @Test
    void realTextComesBack() throws IOException {
        Corpus corpus = WordNetDefinitions.of("adv");
        BytePairTrainer trainer = new BytePairTrainer(1000);
        List<String> texts;
        try (Stream<String> documents = corpus.documents()) {
            texts = documents.toList();
        }
        texts.forEach(trainer::add);
        BytePairEncoding tokenizer = trainer.train();
        long[] told = new long[2];
        PackedTokens packed =
                PackedTokens.pack(
                        corpus,
                        tokenizer,
                        folder.resolve("adverbs.bin"),
                        (documents, tokens) -> {
                            told[0] = documents;
                            told[1] = tokens;
                        });
        assertArrayEquals(new long[] {texts.size(), packed.tokens()}, told);
        int[] all = new int[(int) packed.tokens()];
        packed.block(0, all.length, all, 0);
        String end = BytePairEncoding.END_OF_TEXT;
        assertEquals(String.join(end, texts) + end, tokenizer.decode(all));
        assertEquals(64 + 2 * packed.tokens(), Files.size(folder.resolve("adverbs.bin")));
    }

    @Test
    void aFilePackedWithAnotherTokenizerIsRefused() throws IOException {
        pack("abc");
        Path file = folder.resolve("data.bin");
        assertEquals(4, PackedTokens.open(file, BYTES).tokens());
        TextTokenizer other = new BytePairTrainer(257).train();
        String message = assertThrows(IOException.class, () -> PackedTokens.open(file, other)).getMessage();
        assertTrue(message.contains("packed with tokenizer") && message.contains("pack the text again"), message);
    }

    @Test
    void aFailureWhilePackingLeavesWhatWasThere() throws IOException {
        pack("before");
        Corpus failing =
                new Corpus() {
                    @Override
                    public String name() {
                        return "failing";
                    }

                    @Override
                    public Stream<String> documents() {
                        return Stream.of("a", "b")
                                .peek(text -> {
                                    if (text.equals("b")) {
                                        throw new UncheckedIOException(new IOException("b cannot be read"));
                                    }
                                });
                    }
                };
        Path file = folder.resolve("data.bin");
        assertThrows(
                UncheckedIOException.class, () -> PackedTokens.pack(failing, BYTES, file, (documents, tokens) -> {}));
        assertEquals(7, PackedTokens.open(file).tokens());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    /** The refusal, without the file that it names first and what it says to do. */
    private String refusal(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("bad.bin"), content);
        String message = assertThrows(IOException.class, () -> PackedTokens.open(file)).getMessage();
        String remedy = "; the file is damaged or of another kind, pack the text again";
        assertTrue(message.startsWith(file + ": ") && message.endsWith(remedy), message);
        return message.substring((file + ": ").length(), message.length() - remedy.length());
    }

    private byte[] changed(int offset, int value) throws IOException {
        byte[] content = Files.readAllBytes(folder.resolve("data.bin"));
        ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
        return content;
    }

    @Test
    void damagedHeadersAreRefusedNamingWhatWasFoundAndExpected() throws IOException {
        pack("abc");
        assertEquals("found \"....SKTK\" at the beginning, expected \"UNMASKTK\"", refusal(changed(0, 7)));
        assertEquals("found version 9, expected 1 or 2", refusal(changed(8, 9)));
        assertEquals("found 3 bytes a token, expected 2 or 4", refusal(changed(12, 3)));
        assertEquals(
                "found 72 bytes, expected 64 of the header and 2 for each of the 5 tokens that it announces",
                refusal(changed(16, 5)));
        assertEquals(
                "found 72 bytes, expected 64 of the header and 2 for each of the 9223372032559808516 tokens that it"
                        + " announces",
                refusal(changed(20, 0x7FFFFFFF)));
        assertEquals("found a vocabulary of 0, expected at least 1", refusal(changed(24, 0)));
        assertEquals("found end-of-text id 257, expected 0 to 256", refusal(changed(28, 257)));
        assertEquals("found 5 documents, expected 0 to 4, as each ends in a token", refusal(changed(40, 5)));
    }

    @Test
    void filesThatWereCutShortAreRefusedNamingTheirLength() throws IOException {
        pack("abc");
        byte[] whole = Files.readAllBytes(folder.resolve("data.bin"));
        assertEquals(
                "found 71 bytes, expected 64 of the header and 2 for each of the 4 tokens that it announces",
                refusal(Arrays.copyOf(whole, whole.length - 1)));
        assertEquals("found 10 bytes, expected at least the 64 of a header", refusal(Arrays.copyOf(whole, 10)));
        assertEquals("found 0 bytes, expected at least the 64 of a header", refusal(new byte[0]));
    }

    @Test
    void aFileThatIsNotThereIsRefused() {
        Path missing = folder.resolve("missing.bin");
        assertTrue(
                assertThrows(IOException.class, () -> PackedTokens.open(missing))
                        .getMessage()
                        .contains("pack the text first"));
    }

    @Test
    void anIdBeyondTheVocabularyIsRefusedWhereItIsRead() throws IOException {
        pack("abc");
        PackedTokens packed = PackedTokens.open(Files.write(folder.resolve("bad.bin"), changed(64, 0x0101_0061)));
        int[] block = new int[2];
        String message = assertThrows(InputException.class, () -> packed.block(0, 2, block, 0)).getMessage();
        assertTrue(message.contains("token 1 has the id 257"), message);
        packed.block(1, 2, block, 0);
        assertArrayEquals(new int[] {'c', 256}, block);
    }

    @Test
    void largeVocabulariesTakeFourBytesAToken() throws IOException {
        TokenType type = TokenType.of(65_537);
        assertEquals(TokenType.I32, type);
        assertEquals(TokenType.U16, TokenType.of(65_536));
        PackedHeader header = new PackedHeader(type, 2, 70_000, 0, 5, 1, false, 0);
        ByteBuffer content = ByteBuffer.allocate(72).order(ByteOrder.LITTLE_ENDIAN).put(header.write());
        Path file = Files.write(folder.resolve("wide.bin"), content.putInt(69_999).putInt(0).array());
        int[] block = new int[2];
        PackedTokens.open(file).block(0, 2, block, 0);
        assertArrayEquals(new int[] {69_999, 0}, block);
    }

    @Test
    void theUnigramEntropyIsThatOfTheTokenCounts() throws IOException {
        // Of 8 tokens 4 are a, 2 are b, 1 is c and 1 ends the document: 1/2, 1/4, 1/8 and 1/8 give 1.75 bits.
        assertEquals(1.75 * Math.log(2), UnigramEntropy.of(pack("aabacab")), 1e-12);
        assertEquals(0, UnigramEntropy.of(pack()), 0);
        assertFalse(Double.isNaN(UnigramEntropy.of(pack("x".repeat(40_000)))));
    }
}
