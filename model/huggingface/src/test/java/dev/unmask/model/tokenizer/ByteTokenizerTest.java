package dev.unmask.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;

class ByteTokenizerTest {
    private final ByteTokenizer bytes = new ByteTokenizer();

    @TempDir private Path folder;

    @Test
    void idsAreTheBytesOfUtf8() {
        assertArrayEquals(new int[] {'a', 0xC3, 0xA9, 0}, bytes.encode("aé\0"));
        assertEquals(257, bytes.vocabulary());
        assertEquals(OptionalInt.of(256), bytes.endOfText());
    }

    @Test
    void everyTextComesBack() {
        Random random = new Random(1);
        for (int i = 0; i < 1000; i++) {
            String text = Texts.nasty(random, 50) + (i % 7 == 0 ? "<|endoftext|>" : "");
            assertEquals(text, bytes.decode(bytes.encode(text)));
        }
    }

    @Test
    void bytesThatAreNoTextAreReplacedAsAreOtherIds() {
        assertEquals("a\uFFFD\uFFFDb", bytes.decode('a', 0xFF, 0xC3, 'b'));
        assertEquals("a\uFFFDb", bytes.decode('a', 257, 'b'));
        assertThrows(IllegalArgumentException.class, () -> bytes.decode('a', -1));
        assertEquals(Set.of(257, 258), bytes.unassigned(259));
        assertEquals(Set.of(), bytes.unassigned(257));
        assertEquals(Set.of(), bytes.unassigned(0));
        assertThrows(IllegalArgumentException.class, () -> bytes.unassigned(-1));
        Set<Integer> most = bytes.unassigned(Integer.MAX_VALUE);
        assertEquals(Integer.MAX_VALUE - 257, most.size());
        assertTrue(most.contains(Integer.MAX_VALUE - 1) && !most.contains(256) && !most.contains(Integer.MAX_VALUE));
    }

    @Test
    void theSavedFileIsLoadedAsBytesAndReadAlikeByHuggingFace() throws IOException {
        bytes.save(folder);
        TextTokenizer loaded = TextTokenizer.load(folder);
        assertInstanceOf(ByteTokenizer.class, loaded);
        assertEquals(bytes.fingerprint(), loaded.fingerprint());

        Path file = folder.resolve(TextTokenizer.FILE_NAME);
        TextTokenizer library =
                new HuggingFaceTokenizer(
                        file,
                        Files.readAllBytes(file),
                        new byte[0],
                        new Vocabulary(List.of(), List.of()),
                        SpecialTokens.endingWith(256));
        Random random = new Random(2);
        for (int i = 0; i < 300; i++) {
            String text = Texts.nasty(random, 30) + "<|endoftext|>x";
            assertArrayEquals(library.encode(text), bytes.encode(text));
        }
    }
}
