package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model has more ids than its tokenizer has tokens, which leaves some out too: only tokens are chosen. */
class PaddedVocabularyTest {
    private static final int PADDED = 500;

    /** Seven words among the ids from 0 to 40. */
    private static final String TOKENIZER =
            """
            {"version": "1.0", "added_tokens": [
               {"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
               {"id": 40, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
             "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "unk_token": "[UNK]",
               "vocab": {"[UNK]": 0, "a": 1, "cat": 2, "sleeps": 5, "the": 20, "dog": 39, "[SEP]": 40}}}
            """;

    @TempDir private Path folder;

    private void save(boolean causal) throws IOException {
        try (Backend backend = Backends.cpu()) {
            ModelConfig config = ModelConfig.masked(1, 2, 16, 24, PADDED).withCausal(causal);
            ModelFolder.save(Initialization.of(backend, config, 1), folder);
        }
        Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    }

    private void chooses(String... arguments) {
        CommandLineOutcome outcome = CommandLineOutcome.of(arguments);
        assertEquals(0, outcome.code(), outcome.err());
        assertFalse(outcome.out().contains("\uFFFD"), outcome.out());
        assertTrue(outcome.out().contains("cat"), outcome.out());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void onlyTokensAreSampled(boolean causal) throws IOException {
        save(causal);
        chooses(
                "sample",
                "--model",
                folder.toString(),
                "--prompt",
                "the cat",
                "--length",
                "20",
                "--count",
                "4",
                "--temperature",
                "1",
                "--keep-after-end");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--temperature=1", "--alternatives=4"})
    void onlyTokensAreFilledIn(String how) throws IOException {
        save(false);
        chooses("fill", "--model", folder.toString(), how, "the cat ____:12 a dog");
    }
}
