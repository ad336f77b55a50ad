package dev.unmask.model;

import dev.unmask.tensor.AtomicFiles;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Safetensors;
import dev.unmask.tensor.StoredTensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model on disk: {@code config.json}, {@code model.safetensors} and, if it came with one, {@code tokenizer.json}. A
 * published SMDM file on its own is one too: its sizes are found among the presets.
 *
 * @param config the sizes
 * @param weights the safetensors file
 * @param tokenizer the tokenizer file
 */
public record ModelFolder(ModelConfig config, Path weights, Optional<Path> tokenizer) {
    /** The weights' file name. */
    public static final String WEIGHTS = "model.safetensors";

    /** The tokenizer's file name. */
    public static final String TOKENIZER = "tokenizer.json";

    /**
     * Finds a model.
     *
     * @param path a folder with {@code model.safetensors}, or a safetensors file
     * @return where its parts are
     * @throws NoSuchFileException if there is none; the message says what was looked for
     * @throws IOException if a file cannot be read
     * @throws InputException if a file is malformed, or there is no configuration and no preset fits
     */
    public static ModelFolder open(Path path) throws IOException {
        Path weights = Files.isDirectory(path) ? path.resolve(WEIGHTS) : path;
        if (!Files.isRegularFile(weights)) {
            throw new NoSuchFileException(
                    path.toString(),
                    null,
                    "no model there: expected a folder with " + WEIGHTS + ", or a .safetensors file");
        }
        Path folder = weights.toAbsolutePath().getParent();
        Path config = folder.resolve(ConfigFile.NAME);
        Path tokenizer = folder.resolve(TOKENIZER);
        return new ModelFolder(
                Files.exists(config) ? ConfigFile.read(config) : presetOf(weights),
                weights,
                Optional.of(tokenizer).filter(Files::exists));
    }

    private static ModelConfig presetOf(Path weights) throws IOException {
        Safetensors stored = Safetensors.open(weights);
        for (String name : Presets.names()) {
            ModelConfig masked = Presets.named(name);
            for (ModelConfig config : List.of(masked, masked.withCausal(true))) {
                if (fits(stored, config)) {
                    return config.withRopeBf16(true);
                }
            }
        }
        throw new InputException(
                weights
                        + ": there is no "
                        + ConfigFile.NAME
                        + " beside it and its shapes are those of no preset; write one with n_layer, n_head, n_embd,"
                        + " intermediate_size and vocab_size");
    }

    private static boolean fits(Safetensors stored, ModelConfig config) {
        List<ParameterSpec> specs = config.parameters();
        return specs.size() == stored.tensors().size()
                && specs.stream()
                        .allMatch(spec ->
                                stored.tensor(spec.name())
                                        .map(StoredTensor::shape)
                                        .filter(spec.shape()::equals)
                                        .isPresent());
    }

    /**
     * Loads the model.
     *
     * @param backend owns the weights
     * @param use whether they will be updated
     * @return the transformer
     * @throws IOException if the weights cannot be read
     * @throws InputException if they are malformed or do not fit the configuration
     */
    public Transformer load(Backend backend, Weights.Use use) throws IOException {
        return new Transformer(backend, config, Weights.load(backend, config, weights, use));
    }

    /**
     * Writes a model into a folder, each file atomically.
     *
     * @param model the model
     * @param folder made if missing
     * @throws IOException if a file cannot be written
     */
    public static void save(Transformer model, Path folder) throws IOException {
        Files.createDirectories(folder);
        Weights.save(model, folder.resolve(WEIGHTS));
        AtomicFiles.write(folder.resolve(ConfigFile.NAME), ConfigFile.print(model.config()));
    }
}
