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
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
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
    private final Talk talk;

    /**
     * What its publisher says of conversations.
     *
     * @param template how they are written, if it has them
     * @param ends the tokens after any of which an answer is over
     */
    private record Talk(Optional<ChatTemplate> template, Set<Integer> ends) {
        private static final Talk NONE = new Talk(Optional.empty(), Set.of());

        static Talk of(ModelFolder folder) throws IOException {
            Optional<ChatTemplate> template = folder.chatTemplate();
            if (template.isEmpty()) {
                return NONE;
            }
            TokenRoles roles = folder.tokens();
            Set<Integer> ends = new HashSet<>(roles.ends());
            roles.endOfTurn().ifPresent(ends::add);
            ends.removeIf(id -> id >= folder.config().vocabulary());
            return new Talk(template, Set.copyOf(ends));
        }
    }

    /**
     * How to open a model.
     *
     * @param backend which backend, by name; empty: the CPU's
     * @param backendOptions its threads and device
     * @param precision what the operands of matrix products are rounded to
     * @param tokenizer the tokenizer, if not the one beside the model
     * @param verification how thoroughly the files of a checkpoint are compared with what was saved
     */
    public record Options(
            Optional<String> backend,
            BackendOptions backendOptions,
            Precision precision,
            Optional<TextTokenizer> tokenizer,
            Verification verification) {
        /**
         * The CPU with all its processors, float32, the tokenizer beside the model, and the usual verification.
         *
         * @return the default options
         */
        public static Options defaults() {
            return new Options(
                    Optional.empty(), BackendOptions.defaults(), Precision.F32, Optional.empty(), Verification.USUAL);
        }

        /**
         * These options on a backend.
         *
         * @param name such as {@code tornado}
         * @param options its threads and device
         * @return the options
         */
        public Options withBackend(String name, BackendOptions options) {
            return new Options(Optional.of(name), options, precision, tokenizer, verification);
        }

        /**
         * These options with another precision.
         *
         * @param value what the operands of matrix products are rounded to
         * @return the options
         */
        public Options withPrecision(Precision value) {
            return new Options(backend, backendOptions, value, tokenizer, verification);
        }

        /**
         * These options with a tokenizer that does not lie beside the model.
         *
         * @param value such as {@link TextTokenizer#load} reads
         * @return the options
         */
        public Options withTokenizer(TextTokenizer value) {
            return new Options(backend, backendOptions, precision, Optional.of(value), verification);
        }

        /**
         * These options with another verification.
         *
         * @param value {@link Verification#NONE} where opening must read nothing that the first pass over the model
         *     would not
         * @return the options
         */
        public Options withVerification(Verification value) {
            return new Options(backend, backendOptions, precision, tokenizer, value);
        }
    }

    private LanguageModel(
            Backend backend,
            boolean closesBackend,
            Transformer transformer,
            TextTokenizer tokenizer,
            Precision precision,
            Talk talk) {
        require(tokenizer, transformer.config());
        this.backend = backend;
        this.closesBackend = closesBackend;
        this.transformer = transformer;
        this.tokenizer = tokenizer;
        this.precision = precision;
        this.talk = talk;
    }

    private static void require(TextTokenizer tokenizer, ModelConfig config) {
        if (tokenizer.vocabulary() > config.vocabulary()) {
            throw new InputException(
                    "tokenizer: found "
                            + tokenizer.vocabulary()
                            + " tokens, expected at most the model's vocabulary of "
                            + config.vocabulary()
                            + "; use the one the model was trained with (--tokenizer)");
        }
    }

    /**
     * Opens a model on the CPU, in float32. A checkpoint is compared with what was saved, as {@link Verification#USUAL}
     * says; {@link Options#withVerification} leaves that out or does more.
     *
     * @param path a run's folder, whose newest checkpoint is taken, a checkpoint, a model folder, or a {@code
     *     .safetensors} file
     * @return the model
     * @throws IOException if a file is missing or cannot be read
     * @throws DamagedCheckpointException if a checkpoint is not as it was saved
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
     * @throws DamagedCheckpointException if a checkpoint is not as it was saved
     * @throws InputException if a file is malformed, no tokenizer lies beside the model, or the backend does not work
     *     here
     */
    public static LanguageModel open(Path path, Options options) throws IOException {
        ModelFolder folder = ModelFolder.open(path, options.verification());
        TextTokenizer tokenizer = tokenizer(folder, options.tokenizer());
        Talk talk = Talk.of(folder);
        Backend backend =
                options.backend().isPresent()
                        ? Backends.open(options.backend().get(), options.backendOptions())
                        : Backends.cpu(options.backendOptions());
        try {
            Transformer transformer = folder.load(backend, Weights.Use.INFERENCE);
            return new LanguageModel(backend, true, transformer, tokenizer, options.precision(), talk);
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
     * @param tokenizer the tokenizer, if not the one beside the model
     * @param precision what the operands of matrix products are rounded to
     * @return the model
     * @throws IOException if a file is missing or cannot be read
     * @throws InputException if a file is malformed, or no tokenizer lies beside the model
     */
    public static LanguageModel on(
            Backend backend, ModelFolder folder, Optional<TextTokenizer> tokenizer, Precision precision)
            throws IOException {
        TextTokenizer text = tokenizer(folder, tokenizer);
        Talk talk = Talk.of(folder);
        Transformer transformer = folder.load(backend, Weights.Use.INFERENCE);
        return new LanguageModel(backend, false, transformer, text, precision, talk);
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
        return new LanguageModel(backend, false, transformer, tokenizer, precision, new Talk(chatTemplate, Set.of()));
    }

    /** The tokenizer, which is compared with the model before its weights are read. */
    private static TextTokenizer tokenizer(ModelFolder folder, Optional<TextTokenizer> asked) throws IOException {
        if (asked.isEmpty() && folder.tokenizer().isEmpty()) {
            throw new InputException(
                    folder.weights()
                            + ": found no tokenizer.json beside it; put the one there that the model was trained with,"
                            + " or name it (--tokenizer)");
        }
        TextTokenizer tokenizer =
                asked.isPresent() ? asked.get() : TextTokenizer.load(folder.tokenizer().orElseThrow());
        require(tokenizer, folder.config());
        return tokenizer;
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
        return talk.template;
    }

    /**
     * The tokens after any of which a text is over.
     *
     * @return the tokenizer's end of text, if it has one
     */
    public Set<Integer> ends() {
        OptionalInt end = tokenizer.endOfText();
        return end.isPresent() ? Set.of(end.getAsInt()) : Set.of();
    }

    /**
     * The tokens after any of which an answer in a conversation is over.
     *
     * @return {@link #ends}, and those that the publisher of a model with a {@linkplain #chatTemplate chat template}
     *     names
     */
    public Set<Integer> answerEnds() {
        Set<Integer> all = new HashSet<>(ends());
        all.addAll(talk.ends);
        return Set.copyOf(all);
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
