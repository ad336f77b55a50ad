package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class RequestTokensTest {
    private static final TextTokenizer BYTES = new ByteTokenizer();

    private static void assertSplit(String prefix, String target, RequestTokens.Split split) {
        assertEquals(prefix, BYTES.decode(split.prefix()));
        assertEquals(target, BYTES.decode(split.target()));
    }

    @Test
    void whiteSpaceAtTheEndOfTheContextBelongsToTheContinuation() {
        RequestTokens tokens = new RequestTokens(BYTES, true, 64);
        assertSplit("the cat", " sat", tokens.split("here", "the cat", " sat"));
        assertSplit("the cat", " \n\u3000 sat", tokens.split("here", "the cat \n\u3000", " sat"));
        assertSplit("", "   sat", tokens.split("here", "  ", " sat"));
    }

    @Test
    void theNewestPartOfALongContextIsKept() {
        RequestTokens tokens = new RequestTokens(BYTES, false, 8);
        RequestTokens.Split split = tokens.split("here", "the cat", " sat");
        assertSplit(" cat", " sat", split);
        assertTrue(split.shortened());
        assertFalse(tokens.split("here", " cat", " sat").shortened());
        assertSplit("", "12345678", tokens.split("here", "x", "12345678"));
    }

    @Test
    void aContinuationThatIsLongerThanWhatTheModelSeesIsRefused() {
        assertEquals(
                "file:3: found an answer of 9 tokens, expected 1 to 8, as many as the model sees; leave the document"
                        + " out or take a model of longer texts",
                assertThrows(
                                InputException.class,
                                () -> new RequestTokens(BYTES, false, 8).split("file:3", "x", "123456789"))
                        .getMessage());
    }

    /** Tokens a, b, ab, and one that begins texts. */
    private static TextTokenizer merging(Path folder) throws IOException {
        Files.writeString(
                folder.resolve("tokenizer.json"),
                """
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [{"id": 3, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
                   "normalized": false, "special": true}],
                 "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": null,
                 "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<s>": 3}, "merges": ["a b"]}}
                """);
        return TextTokenizer.load(folder);
    }

    @Test
    void bothPartsAreEncodedTogetherAndBegunAsTextsAre(@TempDir Path folder) throws IOException {
        TextTokenizer tokenizer = merging(folder);
        RequestTokens.Split split = new RequestTokens(tokenizer, true, 64).split("here", "ba", "abb");
        assertArrayEquals(new int[] {3, 1, 0}, split.prefix());
        assertArrayEquals(new int[] {2, 1}, split.target());
        assertArrayEquals(new int[] {1, 0}, new RequestTokens(tokenizer, false, 64).split("here", "ba", "a").prefix());
    }

    @Test
    void aContinuationThatMeltsIntoTheContextIsEncodedAlone(@TempDir Path folder) throws IOException {
        RequestTokens.Split split = new RequestTokens(merging(folder), true, 64).split("here", "ba", "b");
        assertArrayEquals(new int[] {3, 1, 0}, split.prefix());
        assertArrayEquals(new int[] {1}, split.target());
    }
}
