package dev.unmask.serve;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Network;
import dev.unmask.model.ParameterSpec;
import dev.unmask.model.Transformer;
import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Small models with random weights whose predictions depend on what is around, and a tokenizer of words. */
final class TinyModel {
    static final int MAX_LENGTH = 96;
    static final int BLOCK = 4;
    private static final double SPREAD = 4;
    private static final String[] WORDS = {
        "[UNK]", "[END]", "a", "cat", "sleeps", "the", "dog", "on", "mat", "and", "sees", "bird", "under", "tree",
        "old", "sings", "red", "runs", "to", "house", "with", "friend", "."
    };

    private TinyModel() {}

    static LanguageModel masked(Backend backend) throws IOException {
        return of(backend, false, 0);
    }

    /** A model of block diffusion. */
    static LanguageModel inBlocks(Backend backend) throws IOException {
        return of(backend, false, BLOCK);
    }

    static LanguageModel causal(Backend backend) throws IOException {
        return of(backend, true, 0);
    }

    static Backend backend() {
        return Backends.cpu(new BackendOptions(1, ""));
    }

    private static LanguageModel of(Backend backend, boolean causal, int block) throws IOException {
        ModelConfig config =
                new ModelConfig(
                        2,
                        4,
                        32,
                        48,
                        WORDS.length,
                        2,
                        causal,
                        1e-5f,
                        10000,
                        false,
                        MAX_LENGTH,
                        ModelConfig.NO_MASK_WITHIN,
                        Network.SMDM.withBlockLength(block));
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        long number = 0;
        for (ParameterSpec spec : config.parameters()) {
            Tensor tensor = backend.allocate(spec.name(), DType.F32, spec.shape());
            float[] values = new float[Math.toIntExact(spec.shape().elements())];
            for (int i = 0; i < values.length; i++) {
                double normal = Philox.gaussian(5, Purpose.INIT, number, i);
                values[i] = (float) (spec.deviation() == 0 ? 1 : SPREAD * spec.deviation() * normal);
            }
            tensor.set(values);
            parameters.put(spec.name(), tensor);
            number++;
        }
        Optional<ChatTemplate> chat =
                causal
                        ? Optional.empty()
                        : Optional.of(
                                ChatTemplate.of(
                                        "{% for message in messages %}{{ message.content }} {% endfor %}", Map.of()));
        return LanguageModel.of(backend, new Transformer(backend, config, parameters), tokenizer(), Precision.F32, chat);
    }

    private static TextTokenizer tokenizer() throws IOException {
        StringBuilder vocabulary = new StringBuilder();
        for (int i = 0; i < WORDS.length; i++) {
            vocabulary.append(i == 0 ? "" : ", ").append('"').append(WORDS[i]).append("\": ").append(i);
        }
        Path folder = Files.createTempDirectory("unmask-words");
        try {
            Files.writeString(
                    folder.resolve("tokenizer.json"),
                    """
                    {"version": "1.0", "added_tokens": [
                       {"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
                       {"id": 1, "content": "[END]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
                     "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
                     "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {%s}}}
                    """
                            .formatted(vocabulary));
            Files.writeString(
                    folder.resolve("tokenizer_config.json"),
                    "{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"eos_token\": \"[END]\"}");
            return TextTokenizer.load(folder);
        } finally {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }
}
