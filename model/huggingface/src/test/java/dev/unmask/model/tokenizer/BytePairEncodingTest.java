package dev.unmask.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.Encoding;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;

/** The byte-pair encoding against Hugging Face's library, which reads the file that ours writes. */
class BytePairEncodingTest {
    @TempDir private static Path folder;

    private static BytePairEncoding ours;
    private static ai.djl.huggingface.tokenizers.HuggingFaceTokenizer theirs;

    @BeforeAll
    static void learnFromDefinitions() throws IOException {
        BytePairTrainer trainer = new BytePairTrainer(5000);
        Texts.definitions("verb").forEach(trainer::add);
        ours = trainer.train();
        ours.save(folder);
        Path file = folder.resolve("tokenizer.json");
        // Loads DJL with the properties that keep it from the network.
        new HuggingFaceTokenizer(
                file,
                Files.readAllBytes(file),
                new byte[0],
                new Vocabulary(List.of("a"), List.of()),
                SpecialTokens.endingWith(0));
        theirs =
                ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
                        file, Map.of("truncation", "false", "padding", "false"));
    }

    private static int[] byTheirs(String text) {
        return Arrays.stream(theirs.encode(text, false, false).getIds()).mapToInt(Math::toIntExact).toArray();
    }

    private static void assertSame(String text) {
        assertArrayEquals(byTheirs(text), ours.encode(text), () -> "ids of <" + text + ">");
        assertEquals(text, ours.decode(ours.encode(text)));
    }

    @Test
    void realTextHasTheIdsOfHuggingFace() {
        Texts.definitions("adj").forEach(BytePairEncodingTest::assertSame);
    }

    @Test
    void nastyTextHasTheIdsOfHuggingFaceAndComesBack() {
        Random random = new Random(7);
        for (int i = 0; i < 4000; i++) {
            assertSame(Texts.nasty(random, 1 + random.nextInt(40)));
        }
    }

    @Test
    void randomCodePointsHaveTheIdsOfHuggingFaceAndComeBack() {
        Random random = new Random(11);
        for (int i = 0; i < 2000; i++) {
            StringBuilder text = new StringBuilder();
            for (int k = 0; k < 30; k++) {
                int codePoint = random.nextInt(4) == 0 ? random.nextInt(0x110000) : random.nextInt(0x3000);
                if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                    codePoint = ' ';
                }
                text.appendCodePoint(codePoint);
            }
            assertSame(text.toString());
        }
    }

    @Test
    void everyCodePointIsOfTheSameKindAsInHuggingFace() {
        // Between a letter, a digit and a space a code point's neighbours tell which of the four kinds it is.
        for (int from = 0; from < 0x110000; from += 0x100) {
            StringBuilder text = new StringBuilder();
            for (int codePoint = from; codePoint < from + 0x100; codePoint++) {
                if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                    text.append('a').appendCodePoint(codePoint).append('1').appendCodePoint(codePoint).append(".  ");
                }
            }
            assertEquals(theirPieces(text.toString()), ourPieces(text.toString()), () -> "pieces of <" + text + ">");
        }
    }

    /** The end of each piece, counted in bytes. */
    private static List<Integer> ourPieces(String text) {
        char[] characters = text.toCharArray();
        List<Integer> ends = new ArrayList<>();
        int bytes = 0;
        for (int start = 0; start < characters.length; ) {
            int end = PreTokens.end(characters, start, characters.length);
            bytes += Utf8.encode(characters, start, end).length;
            ends.add(bytes);
            start = end;
        }
        return ends;
    }

    private static List<Integer> theirPieces(String text) {
        Encoding encoding = theirs.encode(text, false, false);
        long[] words = encoding.getWordIds();
        List<Integer> ends = new ArrayList<>();
        int bytes = 0;
        for (int i = 0; i < words.length; i++) {
            bytes += encoding.getTokens()[i].length();
            if (i + 1 == words.length || words[i] != words[i + 1]) {
                ends.add(bytes);
            }
        }
        return ends;
    }

    @Test
    void contractionsAndSpacesAreCutAsInGpt2() {
        for (String text :
                List.of(
                        "",
                        " ",
                        "   ",
                        "a  b",
                        "a \n b",
                        "it's they're I'VE 'll 'lx '",
                        "' s",
                        "  'tis",
                        "x\u00A0\u00A0y",
                        "1a2",
                        "½²",
                        "\r\n\r\nend  ")) {
            assertSame(text);
        }
    }

    @Test
    void specialTokensInTheTextBecomeOneId() {
        String text = "one <|endoftext|>two<|endoftext|><|endoftext|> <|endoftext|";
        assertSame(text);
        assertEquals(3, Arrays.stream(ours.encode(text)).filter(id -> id == ours.endOfText().getAsInt()).count());
    }

    @Test
    void aPieceFarLongerThanAnyWordIsEncodedAsInHuggingFace() {
        Random random = new Random(3);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            text.append("abeilnorst".charAt(random.nextInt(10)));
        }
        assertSame(text.toString());
    }

    @Test
    void aStreamHasTheIdsOfTheWholeText() throws IOException {
        String text = String.join("\n", Texts.definitions("adj")) + "  " + "x".repeat(1 << 21) + "\n<|endoftext|> end ";
        int[] whole = ours.encode(text);
        int[] streamed = new int[whole.length];
        int[] count = {0};
        ours.encode(new StringReader(text), id -> streamed[count[0]++] = id);
        assertEquals(whole.length, count[0]);
        assertArrayEquals(whole, streamed);
    }

    @Test
    void decodingWithinACharacterGivesTheReplacementCharacterAsInHuggingFace() {
        int[] ids = new BytePairTrainer(257).train().encode("\uD83D\uDE00!");
        BytePairEncoding bytes = new BytePairTrainer(257).train();
        assertEquals("\uFFFD!", bytes.decode(ids[0], ids[1], ids[2], ids[4]));
        assertEquals("\uD83D\uDE00!", bytes.decode(ids));
    }

    @Test
    void aLoneSurrogateIsReadAsTheReplacementCharacter() {
        assertEquals("a\uFFFDb", ours.decode(ours.encode("a\uD83Db")));
    }

    @Test
    void anIdBeyondTheVocabularyHasNoNameAndIsDecodedAsTheReplacementCharacter() {
        String mask = assertThrows(InputException.class, () -> ours.token(5000)).getMessage();
        assertTrue(mask.contains("5000") && mask.contains("mask token"), mask);
        assertEquals(ours.decode(3) + "\uFFFD\uFFFD" + ours.decode(4), ours.decode(3, 5000, 70000, 4));
        assertThrows(IllegalArgumentException.class, () -> ours.decode(-1));
    }

    @Test
    void namesAndIdsBelongTogether() {
        assertEquals(5000, ours.vocabulary());
        assertEquals(OptionalInt.of(0), ours.endOfText());
        assertEquals(OptionalInt.empty(), ours.beginOfText());
        assertEquals(OptionalInt.empty(), ours.unknown());
        assertEquals(OptionalInt.empty(), ours.id("no such token"));
        int the = ours.id("\u0120the").getAsInt();
        assertEquals("\u0120the", ours.token(the));
        assertEquals(" the", ours.decode(the));
    }

    @Test
    void theSavedFileIsLoadedWithoutNativeCodeAndIsTheSame() throws IOException {
        TextTokenizer loaded = TextTokenizer.load(folder);
        assertInstanceOf(BytePairEncoding.class, loaded);
        assertEquals(ours.fingerprint(), loaded.fingerprint());
        assertEquals(ours.endOfText(), loaded.endOfText());
        String text = String.join("\n", Texts.definitions("adv"));
        assertArrayEquals(ours.encode(text), loaded.encode(text));
        assertNotEquals(ours.fingerprint(), new BytePairTrainer(300).train().fingerprint());
    }
}
