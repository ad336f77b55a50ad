package dev.unmask.train.cli;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.InputException;
import dev.unmask.train.Checkpoint;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A model and its tokenizer, as the options of a command name them.
 *
 * @param transformer the model
 * @param tokenizer turns text into its ids
 * @param folder where it was found
 */
record LoadedModel(Transformer transformer, TextTokenizer tokenizer, ModelFolder folder) {
    /** Ids of the model that stand for no token, which no sampler may choose. */
    Set<Integer> unassigned() {
        return tokenizer.unassigned(transformer.config().vocabulary());
    }

    /** The tokens that end a text. */
    Set<Integer> ends() {
        OptionalInt end = tokenizer.endOfText();
        return end.isPresent() ? Set.of(end.getAsInt()) : Set.of();
    }

    /** The model for what only a masked one can do. */
    Transformer requireMasked(String command) {
        if (transformer.config().causal()) {
            throw new InputException(
                    "--model: found an autoregressive model, which reads and writes from left to right only; "
                            + command
                            + " needs a masked one. To continue a text with it use sample --prompt, to measure it"
                            + " eval");
        }
        return transformer;
    }

    /** Options of every command that uses a trained model. */
    static final class Options {
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

        /** The path as given: a run's folder, if it is one. */
        Path folder() {
            return model;
        }

        /** Loads the model for inference. */
        LoadedModel load(Backend backend) throws IOException {
            ModelFolder folder = files();
            TextTokenizer text = tokenizer(folder);
            if (text.vocabulary() > folder.config().vocabulary()) {
                throw new InputException(
                        "tokenizer: found "
                                + text.vocabulary()
                                + " tokens, expected at most the model's vocabulary of "
                                + folder.config().vocabulary()
                                + "; pass the --tokenizer that the model was trained with");
            }
            return new LoadedModel(folder.load(backend, Weights.Use.INFERENCE), text, folder);
        }

        /** The model's files, adapters among them. */
        ModelFolder files() throws IOException {
            Path found =
                    verify
                            ? Models.verified("--model", model)
                            : Models.whole("--model", model, Checkpoint.Extent.MODEL);
            return AdapterPaths.added(ModelFolder.open(found), adapters);
        }

        private TextTokenizer tokenizer(ModelFolder folder) throws IOException {
            if (tokenizer.isPresent()) {
                return TextTokenizer.named(tokenizer.get());
            }
            Path beside =
                    folder.tokenizer()
                            .orElseThrow(() ->
                                    new InputException(
                                            "no tokenizer.json lies beside "
                                                    + folder.weights()
                                                    + "; pass --tokenizer"));
            return TextTokenizer.load(beside);
        }
    }
}
