package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs on text that was packed before. */
class PackedSourceTest {
    @TempDir private Path parent;
    private Path cats;

    @BeforeEach
    void pack() throws IOException {
        cats = packed("cats", "the cat", 300);
    }

    private Path packed(String name, String subject, int vocabulary) throws IOException {
        Path text = ExampleText.write(parent.resolve(name + ".txt"), subject);
        PreparedData.prepare(
                new DataSettings(List.of(text.toString()), "line", "bpe", vocabulary, 0.25),
                parent.resolve(name),
                PreparedData.Progress.NONE);
        Files.delete(text);
        return parent.resolve(name);
    }

    private PreparedData open(DataSettings data) throws IOException {
        return PreparedData.prepare(data, parent.resolve("run"), PreparedData.Progress.NONE);
    }

    private static DataSettings data(String tokenizer, Path... sources) {
        return ExampleText.settings(tokenizer, 0.1, sources);
    }

    @Test
    void aFolderOfTokensIsASourceAsItIs() throws IOException {
        PreparedData data = open(data("bpe", cats));
        assertEquals(ExampleText.LINES, data.training().documents() + data.validation().documents());
        assertEquals(cats.resolve("tokenizer.json"), data.tokenizerFile());
        PreparedData.Origin origin = new PreparedData.Origin(data.text(), data.tokenizer());
        PreparedData again =
                PreparedData.resume(data("bpe", cats), parent.resolve("run"), origin, PreparedData.Progress.NONE);
        assertEquals(data.text(), again.text());
    }

    @Test
    void foldersOfOneTokenizerAreMixed() throws IOException {
        Path tokenizer = cats.resolve("tokenizer.json");
        Path text = Files.writeString(parent.resolve("dogs.txt"), "a dog barks\n".repeat(3) + "no\n".repeat(90));
        PreparedData.prepare(data(tokenizer.toString(), text), parent.resolve("dogs"), PreparedData.Progress.NONE);
        DataSettings both = data("bpe", cats, parent.resolve("dogs"));
        DataSettings weighted =
                new DataSettings(
                        both.sources(),
                        List.of(9.0, 1.0),
                        both.documents(),
                        both.records(),
                        both.sequences(),
                        both.longest(),
                        both.tokenizer(),
                        both.vocabulary(),
                        both.validationFraction(),
                        true);
        PreparedData data = open(weighted);
        TokenBlocks.Order order = data.training().order(1, 8);
        long first = open(data("bpe", cats)).training().blocks(8);
        long counted = 0;
        for (long position = 0; position < 1000; position++) {
            counted += order.block(position) < first ? 1 : 0;
        }
        assertTrue(counted > 850 && counted < 950, counted + " of 1000");
    }

    @Test
    void tokensOfAnotherTokenizerOfTheSameSizeAreRefusedByContent() throws IOException {
        Path dogs = packed("dogs", "one dog", 300);
        String message =
                assertThrows(InputException.class, () -> open(data(dogs.resolve("tokenizer.json").toString(), cats)))
                        .getMessage();
        assertTrue(message.startsWith(cats + ": found tokens of another tokenizer than"), message);
        assertTrue(message.contains("token 2"), message);
        assertThrows(InputException.class, () -> open(data("bpe", cats, dogs)));
        assertThrows(InputException.class, () -> open(data("bytes", cats)));
    }

    @Test
    void damagedTokensAreNamed() throws IOException {
        Path file = cats.resolve("training.tokens");
        byte[] bytes = Files.readAllBytes(file);
        bytes[70] ^= 1;
        Files.write(file, bytes);
        String message = assertThrows(InputException.class, () -> open(data("bpe", cats))).getMessage();
        assertTrue(message.startsWith(file + " is damaged"), message);
    }

    @Test
    void textsBesidePackedTokensAreRefused() throws IOException {
        Path text = Files.writeString(parent.resolve("x.txt"), "x\n");
        assertThrows(InputException.class, () -> open(data("bpe", cats, text)));
    }

    private Path chunk(String name, int tokens) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(24 + 2 * tokens).order(ByteOrder.LITTLE_ENDIAN);
        chunk.put("LITPKDS".getBytes(StandardCharsets.US_ASCII)).putLong(1).put((byte) 8).putLong(tokens);
        for (int i = 0; i < tokens; i++) {
            chunk.putShort((short) (i % 250));
        }
        Files.createDirectories(parent.resolve("smdm"));
        return Files.write(parent.resolve("smdm").resolve(name), chunk.array());
    }

    @Test
    void packedFilesOfSmdmAreReadWithTheTokenizerThatIsNamed() throws IOException {
        chunk("a.bin", 1000);
        Path second = chunk("b.bin", 1000);
        PreparedData data = open(data("bytes", second.getParent()));
        assertEquals(112, data.training().blocks(16));
        assertEquals(12, data.validation().blocks(16));
        int[] ids = new int[16];
        data.validation().block(11, 16, ids, 0);
        assertEquals((61 * 16) % 250, ids[0], "the last whole block of the last chunk");
        assertEquals(100, open(data("bytes", second)).training().tokens() / 9);
        String message = assertThrows(InputException.class, () -> open(data("bpe", second.getParent()))).getMessage();
        assertTrue(message.contains("pass the --tokenizer"), message);
        PreparedData.Origin origin = new PreparedData.Origin(data.text(), data.tokenizer());
        chunk("c.bin", 1000);
        assertThrows(
                InputException.class,
                () ->
                        PreparedData.resume(
                                data("bytes", second.getParent()),
                                parent.resolve("run"),
                                origin,
                                PreparedData.Progress.NONE));
    }
}
