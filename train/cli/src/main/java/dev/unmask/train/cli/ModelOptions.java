package dev.unmask.train.cli;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Verification;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Options of every command that uses a trained model. */
final class ModelOptions {
    @Option(
            names = {"-m", "--model"},
            paramLabel = "PATH",
            required = true,
            description = "A run's folder (its newest checkpoint is used), a model folder, or a .safetensors file.")
    private Path model;

    @Option(
            names = "--tokenizer",
            paramLabel = "PATH",
            description = "A tokenizer.json, or 'bytes'. Default: the one beside the model.")
    private Optional<String> tokenizer;

    @Option(
            names = "--verify",
            description =
                    "Compare every byte of a checkpoint with what was saved, and look at every weight; otherwise of"
                            + " more than 128 MiB only the length, of more than 1 GiB only some weights.")
    private boolean verify;

    @Option(names = "--adapter", paramLabel = AdapterPaths.LABEL, description = AdapterPaths.DESCRIPTION)
    private List<String> adapters = new ArrayList<>();

    /** Found once: a plan and what it plans are about the same files. */
    private Optional<ModelFolder> found = Optional.empty();

    /** The path as given: a run's folder, if it is one. */
    Path folder() {
        return model;
    }

    /** The model's files, adapters among them. */
    ModelFolder files() throws IOException {
        if (found.isEmpty()) {
            ModelFolder base = Models.open("--model", model, verify ? Verification.WHOLE : Verification.USUAL);
            found = Optional.of(AdapterPaths.added(base, adapters));
        }
        return found.get();
    }

    /** Loads the model for inference. */
    LanguageModel load(Backend backend, Precision precision) throws IOException {
        Optional<TextTokenizer> asked =
                tokenizer.isPresent() ? Optional.of(TextTokenizer.named(tokenizer.get())) : Optional.empty();
        return LanguageModel.on(backend, files(), asked, precision);
    }
}
