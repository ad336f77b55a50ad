package dev.unmask.model;

import dev.unmask.tensor.AtomicFiles;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Any {@code tokenizer.json}, by Hugging Face's own library through DJL. Its native code is in the jar and is unpacked
 * to DJL's cache folder ({@code ~/.djl.ai}, or what {@code DJL_CACHE_DIR} says).
 */
final class HuggingFaceTokenizer implements TextTokenizer {
    private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer library;
    private final byte[] content;
    private final byte[] configuration;
    private final Vocabulary vocabulary;
    private final SpecialTokens special;

    static {
        // Without this DJL reports its use over the network, and looks there for a CUDA build on a machine with a GPU.
        setIfAbsent("ai.djl.offline", "true");
        setIfAbsent("OPT_OUT_TRACKING", "true");
        setIfAbsent("RUST_FLAVOR", "cpu");
    }

    /**
     * A tokenizer.
     *
     * @param file named in messages
     * @param content of the {@code tokenizer.json}
     * @param configuration content of the {@code tokenizer_config.json}; empty if there is none
     * @throws IOException if the library refuses the file or cannot be loaded
     */
    HuggingFaceTokenizer(Path file, byte[] content, byte[] configuration, Vocabulary vocabulary, SpecialTokens special)
            throws IOException {
        this.content = content;
        this.configuration = configuration;
        this.vocabulary = vocabulary;
        this.special = special;
        try {
            this.library =
                    ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
                            new ByteArrayInputStream(content),
                            Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
        } catch (LinkageError e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(
                    file
                            + ": this kind of tokenizer needs Hugging Face's native library, which cannot be loaded"
                            + " here ("
                            + cause.getMessage()
                            + "); check that ~/.djl.ai or DJL_CACHE_DIR can be written to, or train a tokenizer of your"
                            + " own",
                    e);
        } catch (RuntimeException e) {
            throw TokenizerFile.malformed(file, "Hugging Face's library refuses it (" + e.getMessage() + ")");
        }
    }

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    @Override
    public int[] encode(String text) {
        long[] wide = library.encode(text, false, false).getIds();
        int[] ids = new int[wide.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) wide[i];
        }
        return ids;
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
        return from == to ? "" : library.decode(IntStream.range(from, to).mapToLong(i -> ids[i]).toArray(), false);
    }

    @Override
    public int vocabulary() {
        return vocabulary.size();
    }

    @Override
    public OptionalInt endOfText() {
        return special.endOfText();
    }

    @Override
    public OptionalInt beginOfText() {
        return special.beginOfText();
    }

    @Override
    public boolean beginsTexts() {
        return special.beginsTexts();
    }

    @Override
    public OptionalInt unknown() {
        return special.unknown();
    }

    @Override
    public OptionalInt mask() {
        return special.mask();
    }

    @Override
    public Set<Integer> special() {
        return special.all();
    }

    @Override
    public OptionalInt id(String token) {
        return vocabulary.id(token);
    }

    @Override
    public String token(int id) {
        return vocabulary.token(id);
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
            AtomicFiles.write(file.resolveSibling(TokenizerFile.CONFIGURATION_NAME), configuration);
        }
        TokenizerFile.write(file, content);
    }
}
