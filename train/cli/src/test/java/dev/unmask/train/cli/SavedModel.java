package dev.unmask.train.cli;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small models with random weights and a tokenizer of words, as commands find them in a folder. */
final class SavedModel {
    private static final String TOKENIZER =
            """
            {"version": "1.0", "added_tokens": [
               {"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
             "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "unk_token": "[UNK]",
               "vocab": {"[UNK]": 0, "a": 1, "cat": 2, "sleeps": 3, "the": 4, "dog": 5, "on": 6, "mat": 7}}}
            """;

    private SavedModel() {}

    static Path masked(Path folder) throws IOException {
        return save(folder, false);
    }

    static Path causal(Path folder) throws IOException {
        return save(folder, true);
    }

    private static Path save(Path folder, boolean causal) throws IOException {
        Files.createDirectories(folder);
        try (Backend backend = Backends.cpu()) {
            ModelConfig config = ModelConfig.masked(1, 2, 16, 24, 8).withCausal(causal);
            ModelFolder.save(Initialization.of(backend, config, 1), folder);
        }
        Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
        return folder;
    }
}
