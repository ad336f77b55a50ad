package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.model.BytePairTrainer;
import dev.unmask.model.ByteTokenizer;
import dev.unmask.model.TextTokenizer;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

class BlankTextTest {
    private static final TextTokenizer BYTES = new ByteTokenizer();
    private static final TextTokenizer WORDS =
            new BytePairTrainer(400)
                    .add("The capital of France is Paris. The capital of Italy is Rome. ".repeat(3))
                    .train();

    private static List<Integer> sizes(String text) {
        return BlankText.parse(text, BYTES, BYTES.vocabulary(), 2).blanks().stream()
                .map(span -> span.to() - span.from())
                .toList();
    }

    @Test
    void underscoresAreABlankOfTheUsualSize() {
        assertEquals(List.of(2, 2), sizes("a ___ b _________."));
    }

    @Test
    void theMaskNameStandsForOneTokenEachTime() {
        assertEquals(List.of(1, 3), sizes("[MASK] and [MASK][MASK][MASK]"));
    }

    @Test
    void aNumberBehindABlankIsItsSize() {
        assertEquals(List.of(7, 12), sizes("____:7 [MASK]:12"));
    }

    @Test
    void twoUnderscoresAreText() {
        assertEquals(List.of(2), sizes("__init__ ____"));
    }

    @Test
    void masksStandBetweenTheTokensOfTheText() {
        int mask = BYTES.vocabulary();
        BlankText text = BlankText.parse("a ___:2b", BYTES, mask, 1);
        assertArrayEquals(new int[] {'a', ' ', mask, mask, 'b'}, text.ids());
        assertEquals(List.of(new BlankText.Span(2, 4)), text.blanks());
    }

    @Test
    void aSpaceBeforeABlankIsLeftToItsFirstTokenWhereWordsBeginWithOne() {
        int mask = WORDS.vocabulary();
        BlankText text = BlankText.parse("The capital of ____ is ____.", WORDS, mask, 1);
        int[] given = Arrays.stream(text.ids()).filter(id -> id != mask).toArray();
        assertEquals("The capital of is.", WORDS.decode(given));
        int[] whole = WORDS.encode("The capital of France is Paris.");
        assertEquals(whole.length, text.ids().length);
        IntStream.range(0, whole.length)
                .filter(i -> text.ids()[i] != mask)
                .forEach(i -> assertEquals(whole[i], text.ids()[i]));
    }

    /** As SentencePiece models in the format of Hugging Face's library do, Llama's among them. */
    @Test
    void aTokenizerThatPutsASpaceBeforeEachTextDoesNotPutOneAfterABlank(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(
                file,
                """
                {
                  "version": "1.0",
                  "truncation": null,
                  "padding": null,
                  "added_tokens": [],
                  "normalizer": {
                    "type": "Sequence",
                    "normalizers": [
                      {"type": "Prepend", "prepend": "\u2581"},
                      {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
                    ]
                  },
                  "pre_tokenizer": null,
                  "post_processor": null,
                  "decoder": {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
                  "model": {
                    "type": "BPE",
                    "dropout": null,
                    "unk_token": "<unk>",
                    "continuing_subword_prefix": null,
                    "end_of_word_suffix": null,
                    "fuse_unk": true,
                    "byte_fallback": false,
                    "vocab": {"<unk>": 0, "\u2581": 1, "a": 2, "b": 3, ".": 4, "\u2581a": 5, "\u2581b": 6},
                    "merges": ["\u2581 a", "\u2581 b"]
                  }
                }
                """);
        TextTokenizer tokenizer = TextTokenizer.load(file);
        assertArrayEquals(new int[] {5, 6, 4}, tokenizer.encode("a b."));
        assertArrayEquals(new int[] {5, 7, 6, 4}, BlankText.parse("a ____ b.", tokenizer, 7, 1).ids());
        assertArrayEquals(new int[] {5, 7, 4}, BlankText.parse("a ____.", tokenizer, 7, 1).ids());
    }

    @Test
    void aTextWithoutABlankAndABlankWithoutATokenAreRefused() {
        refused("text: found no blank in \"all _ there\", expected ____ or [MASK] somewhere", "all _ there");
        refused("text: found the blank ____:0, expected at least one token in it", "a ____:0");
    }

    private static void refused(String sentence, String text) {
        assertEquals(
                sentence, assertThrows(InputException.class, () -> BlankText.parse(text, BYTES, 257, 1)).getMessage());
    }
}
