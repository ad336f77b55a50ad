package dev.unmask.model.tokenizer;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.ServiceLoader;

/** Any {@code tokenizer.json}, by a {@link TokenizerLibrary}. */
final class HuggingFaceTokenizer extends VocabularyTokenizer {
    private final TokenizerLibrary.Codec codec;
    private final byte[] content;
    private final byte[] configuration;

    /**
     * A tokenizer.
     *
     * @param file named in messages
     * @param content of the {@code tokenizer.json}
     * @param configuration content of the {@code tokenizer_config.json}; empty if there is none
     * @throws IOException if there is no library, it refuses the file or cannot be loaded
     */
    HuggingFaceTokenizer(Path file, byte[] content, byte[] configuration, Vocabulary vocabulary, SpecialTokens special)
            throws IOException {
        super(vocabulary, special);
        this.content = content;
        this.configuration = configuration;
        this.codec = open(file, content);
    }

    private static TokenizerLibrary.Codec open(Path file, byte[] content) throws IOException {
        TokenizerLibrary library =
                ServiceLoader.load(TokenizerLibrary.class, TokenizerLibrary.class.getClassLoader())
                        .findFirst()
                        .orElseThrow(() ->
                                new InputException(
                                        file
                                                + ": this kind of tokenizer is read by Hugging Face's native library,"
                                                + " which is not on the class or module path; add the artifact"
                                                + " dev.unmask:unmask-huggingface, or train a tokenizer of your own"));
        try {
            return library.open(content);
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            throw TokenizerFile.malformed(file, "Hugging Face's library refuses it (" + e.getMessage() + ")");
        }
    }

    @Override
    public int[] encode(String text) {
        return codec.encode(text);
    }

    @Override
    public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        int from = 0;
        for (int i = 0; i <= ids.length; i++) {
            if (i < ids.length && vocabulary.isToken(ids[i])) {
                continue;
            }
            text.append(decode(ids, from, i));
            if (i < ids.length) {
                text.append('\uFFFD');
            }
            from = i + 1;
        }
        return text.toString();
    }

    private String decode(int[] ids, int from, int to) {
        return from == to ? "" : codec.decode(Arrays.copyOfRange(ids, from, to));
    }

    @Override
    public long fingerprint() {
        return TokenizerFile.fingerprint(content);
    }

    /** {@inheritDoc} The {@code tokenizer_config.json} it was loaded with is written beside. */
    @Override
    public void save(Path path) throws IOException {
        Path file = Files.isDirectory(path) ? path.resolve(FILE_NAME) : path;
        if (configuration.length > 0) {
            AtomicFiles.write(file.resolveSibling(TextTokenizer.CONFIGURATION_NAME), configuration);
        }
        TokenizerFile.write(file, content);
    }
}
