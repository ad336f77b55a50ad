package dev.unmask.train.cli;

import dev.unmask.model.ByteTokenizer;
import dev.unmask.model.TextTokenizer;

import java.io.IOException;
import java.nio.file.Path;

/** Tokenizers by the words of the command line. */
final class Tokenizers {
    private Tokenizers() {}

    /** {@code bytes}, or the path of a tokenizer.json. */
    static TextTokenizer open(String name) throws IOException {
        return name.equals("bytes") ? new ByteTokenizer() : TextTokenizer.load(Path.of(name));
    }
}
