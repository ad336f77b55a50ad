package dev.unmask.model;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.StoredTensor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Configurations by name: every size of the paper (METHOD §1.5), and small ones for demos and tests. */
public final class Presets {
    private static final int LLAMA_VOCABULARY = 32000;
    private static final Map<String, ModelConfig> ALL = new LinkedHashMap<>();

    static {
        small("tiny", 2, 4, 64, 256);
        small("demo", 6, 4, 128, 384);
        small("small", 6, 6, 384, 1536);
        published("6M", 6, 4, 256, 1024);
        published("19M", 8, 6, 384, 1536);
        published("34M", 8, 8, 512, 2048);
        published("48M", 9, 9, 576, 2304);
        published("66M", 10, 10, 640, 2560);
        published("75M", 16, 8, 640, 1600);
        published("85M", 13, 10, 640, 2560);
        published("113M", 12, 12, 768, 3072);
        published("142M", 15, 12, 768, 3072);
        published("170M", 18, 12, 768, 3072);
        published("180M", 14, 14, 896, 3584);
        published("206M", 16, 14, 896, 3584);
        published("231M", 18, 14, 896, 3584);
        published("268M", 16, 16, 1024, 4096);
        published("302M", 18, 16, 1024, 4096);
        published("336M", 20, 16, 1024, 4096);
        published("472M", 18, 10, 1280, 5120);
        published("551M", 21, 10, 1280, 5120);
        published("571M", 18, 11, 1408, 5632);
        published("629M", 24, 10, 1280, 5120);
        published("666M", 21, 11, 1408, 5632);
        published("717M", 19, 12, 1536, 6144);
        published("761M", 24, 11, 1408, 5632);
        published("831M", 22, 12, 1536, 6144);
        published("944M", 25, 12, 1536, 6144);
        published("1028M", 20, 14, 1792, 7168);
        published("1233M", 24, 14, 1792, 7168);
        published("1476M", 22, 16, 2048, 8192);
        published("1678M", 25, 16, 2048, 8192);
        published("2121M", 28, 17, 2176, 8704);
    }

    private Presets() {}

    private static void small(String name, int layers, int heads, int width, int hidden) {
        ALL.put(name, ModelConfig.masked(layers, heads, width, hidden, 4096));
    }

    private static void published(String name, int layers, int heads, int width, int hidden) {
        ALL.put(name, ModelConfig.masked(layers, heads, width, hidden, LLAMA_VOCABULARY));
    }

    /**
     * A preset by its name; also by its full published name {@code Diff_LLaMA_34M}.
     *
     * @param name for example {@code 34M}
     * @return a masked model of that size with its default vocabulary, if there is one of that name
     */
    public static Optional<ModelConfig> find(String name) {
        return Optional.ofNullable(ALL.get(name.replaceFirst("^Diff_LLaMA_", "")));
    }

    /**
     * A preset by its name.
     *
     * @param name for example {@code 34M}
     * @return a masked model of that size with its default vocabulary
     * @throws InputException if there is none of that name; the message lists all
     */
    public static ModelConfig named(String name) {
        return find(name)
                .orElseThrow(() ->
                        new InputException(
                                "preset: found " + name + ", expected one of " + String.join(", ", ALL.keySet())));
    }

    /**
     * All names, smallest published size first, after those for demos.
     *
     * @return the names
     */
    public static Set<String> names() {
        return Collections.unmodifiableSet(ALL.keySet());
    }

    /**
     * The preset whose shapes the tensors of a file have, which tell nothing else of the model.
     *
     * @param weights a safetensors file without a configuration beside it
     * @throws InputException if there is none
     */
    static ModelConfig of(Path weights) throws IOException {
        WeightFiles stored = WeightFiles.open(weights);
        for (String name : names()) {
            ModelConfig masked = named(name);
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

    private static boolean fits(WeightFiles stored, ModelConfig config) {
        List<ParameterSpec> specs = config.parameters();
        return specs.size() == stored.tensors().size()
                && specs.stream()
                        .allMatch(spec ->
                                stored.tensor(spec.name())
                                        .map(StoredTensor::shape)
                                        .filter(spec.shape()::equals)
                                        .isPresent());
    }
}
