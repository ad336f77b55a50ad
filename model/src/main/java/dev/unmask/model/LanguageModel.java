package dev.unmask.model;

import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * A model that is ready for use: weights, the tokenizer they were trained with, and the backend that computes.
 *
 * <pre>{@code
 * try (LanguageModel model = LanguageModel.open(Path.of("runs/mine"))) {
 *     System.out.println(new FillIn(model).fill("the ____ sleeps").text());
 * }
 * }</pre>
 *
 * <p>Samplers, fill-in and likelihoods are made from one, and keep their programs as long as they are kept. It may be
 * shared by threads that take turns; a call while another thread is in one throws an {@link IllegalStateException}, as
 * its backend does.
 */
public final class LanguageModel implements AutoCloseable {
    private final Backend backend;
    private final boolean closesBackend;
    private final Transformer transformer;
    private final TextTokenizer tokenizer;
    private final Precision precision;
    private final Optional<ChatTemplate> chatTemplate;

    /**
     * How to open a model.
     *
     * @param backend which backend, by name; empty: the CPU's
     * @param backendOptions its threads and device
     * @param precision what the operands of matrix products are rounded to
     * @param tokenizer a {@code tokenizer.json}, if not the one beside the model
     */
    public record Options(
            Optional<String> backend, BackendOptions backendOptions, Precision precision, Optional<Path> tokenizer) {
        /**
         * The CPU with all its processors, float32, and the tokenizer beside the model.
         *
         * @return the default options
         */
        public static Options defaults() {
            return new Options(Optional.empty(), BackendOptions.defaults(), Precision.F32, Optional.empty());
        }

        /**
         * These options on a backend.
         *
         * @param name such as {@code tornado}
         * @param options its threads and device
         * @return the options
         */
        public Options withBackend(String name, BackendOptions options) {
            return new Options(Optional.of(name), options, precision, tokenizer);
        }

        /**
         * These options with another precision.
         *
         * @param value what the operands of matrix products are rounded to
         * @return the options
         */
        public Options withPrecision(Precision value) {
            return new Options(backend, backendOptions, value, tokenizer);
        }

        /**
         * These options with a tokenizer that does not lie beside the model.
         *
         * @param file a {@code tokenizer.json}, or a folder with one
         * @return the options
         */
        public Options withTokenizer(Path file) {
            return new Options(backend, backendOptions, precision, Optional.of(file));
        }
    }

    private LanguageModel(
            Backend backend,
            boolean closesBackend,
            Transformer transformer,
            TextTokenizer tokenizer,
            Precision precision,
            Optional<ChatTemplate> chatTemplate) {
        if (tokenizer.vocabulary() > transformer.config().vocabulary()) {
            throw new InputException(
                    "tokenizer: found "
                            + tokenizer.vocabulary()
                            + " tokens, expected at most the model's vocabulary of "
                            + transformer.config().vocabulary()
                            + "; use the one the model was trained with");
        }
        this.backend = backend;
        this.closesBackend = closesBackend;
        this.transformer = transformer;
        this.tokenizer = tokenizer;
        this.precision = precision;
        this.chatTemplate = chatTemplate;
    }

    /**
     * Opens a model on the CPU, in float32.
     *
     * @param path a run's folder, whose newest checkpoint is taken, a checkpoint, a model folder, or a {@code
     *     .safetensors} file
     * @return the model
     * @throws IOException if a file is missing or cannot be read
     * @throws InputException if a file is malformed, or no tokenizer lies beside the model
     */
    public static LanguageModel open(Path path) throws IOException {
        return open(path, Options.defaults());
    }

    /**
     * Opens a model.
     *
     * @param path a run's folder, whose newest checkpoint is taken, a checkpoint, a model folder, or a {@code
     *     .safetensors} file
     * @param options where and how it computes
     * @return the model
     * @throws IOException if a file is missing or cannot be read
     * @throws InputException if a file is malformed, no tokenizer lies beside the model, or the backend does not work
     *     here
     */
    public static LanguageModel open(Path path, Options options) throws IOException {
        ModelFolder folder = ModelFolder.open(path);
        TextTokenizer tokenizer = tokenizer(folder, options.tokenizer());
        Optional<ChatTemplate> chat = folder.chatTemplate();
        Backend backend =
                options.backend().isPresent()
                        ? Backends.open(options.backend().get(), options.backendOptions())
                        : Backends.cpu(options.backendOptions());
        try {
            Transformer transformer = folder.load(backend, Weights.Use.INFERENCE);
            return new LanguageModel(backend, true, transformer, tokenizer, options.precision(), chat);
        } catch (Throwable failure) {
            backend.close();
            throw failure;
        }
    }

    /**
     * Opens a model on a backend that stays open after it.
     *
     * @param backend owns the weights
     * @param folder the model
     * @param tokenizer a {@code tokenizer.json}, if not the one beside the model
     * @param precision what the operands of matrix products are rounded to
     * @return the model
     * @throws IOException if a file is missing or cannot be read
     * @throws InputException if a file is malformed, or no tokenizer lies beside the model
     */
    public static LanguageModel on(Backend backend, ModelFolder folder, Optional<Path> tokenizer, Precision precision)
            throws IOException {
        TextTokenizer text = tokenizer(folder, tokenizer);
        Optional<ChatTemplate> chat = folder.chatTemplate();
        Transformer transformer = folder.load(backend, Weights.Use.INFERENCE);
        return new LanguageModel(backend, false, transformer, text, precision, chat);
    }

    /**
     * A model that is in memory, such as one that has just been trained. Its backend stays open after it.
     *
     * @param backend owns the weights
     * @param transformer the weights
     * @param tokenizer the tokenizer they were trained with
     * @param precision what the operands of matrix products are rounded to
     * @return the model
     * @throws InputException if the tokenizer has more tokens than the model
     */
    public static LanguageModel of(
            Backend backend, Transformer transformer, TextTokenizer tokenizer, Precision precision) {
        return of(backend, transformer, tokenizer, precision, Optional.empty());
    }

    /**
     * A model that is in memory, and how it wants conversations written. Its backend stays open after it.
     *
     * @param backend owns the weights
     * @param transformer the weights
     * @param tokenizer the tokenizer they were trained with
     * @param precision what the operands of matrix products are rounded to
     * @param chatTemplate writes conversations, if it was trained with any
     * @return the model
     * @throws InputException if the tokenizer has more tokens than the model
     */
    public static LanguageModel of(
            Backend backend,
            Transformer transformer,
            TextTokenizer tokenizer,
            Precision precision,
            Optional<ChatTemplate> chatTemplate) {
        return new LanguageModel(backend, false, transformer, tokenizer, precision, chatTemplate);
    }

    private static TextTokenizer tokenizer(ModelFolder folder, Optional<Path> asked) throws IOException {
        Path file =
                asked.or(folder::tokenizer)
                        .orElseThrow(() ->
                                new InputException(
                                        folder.weights()
                                                + ": found no tokenizer.json beside it; put the one there that the"
                                                + " model was trained with, or name it"));
        return TextTokenizer.load(file);
    }

    /**
     * Where it computes.
     *
     * @return the backend that owns its weights
     */
    public Backend backend() {
        return backend;
    }

    /**
     * The network.
     *
     * @return its weights and configuration
     */
    public Transformer transformer() {
        return transformer;
    }

    /**
     * What kind of model it is.
     *
     * @return its configuration
     */
    public ModelConfig config() {
        return transformer.config();
    }

    /**
     * What turns text into its ids and back.
     *
     * @return the tokenizer
     */
    public TextTokenizer tokenizer() {
        return tokenizer;
    }

    /**
     * What the operands of matrix products are rounded to.
     *
     * @return the precision
     */
    public Precision precision() {
        return precision;
    }

    /**
     * How the model wants conversations written, if its publisher said so beside the weights.
     *
     * @return the template
     */
    public Optional<ChatTemplate> chatTemplate() {
        return chatTemplate;
    }

    /**
     * Ids that the model could choose but that stand for no token, which no sampler of text may.
     *
     * @return ids in {@code [0, V)}
     */
    public Set<Integer> unassigned() {
        return tokenizer.unassigned(config().vocabulary());
    }

    /** Gives back what {@link #open} has opened; a backend that was passed in stays open. */
    @Override
    public void close() {
        if (closesBackend) {
            backend.close();
        }
    }
}
