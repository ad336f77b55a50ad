package dev.unmask.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** This module is tested without a {@link TokenizerLibrary}. */
class TokenizerLibraryTest {
    @TempDir private Path folder;

    @Test
    void aKindWithoutCodeOfOurOwnNamesTheArtifactThatReadsIt() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(
                file,
                """
                {"model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "a": 1}}}
                """);

        String message = assertThrows(InputException.class, () -> TextTokenizer.load(file)).getMessage();

        assertTrue(message.startsWith(file + ": ") && message.contains("dev.unmask:unmask-huggingface"), message);
    }
}
