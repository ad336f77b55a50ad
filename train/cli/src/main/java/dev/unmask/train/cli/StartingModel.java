package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.Verification;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The model that {@code --from} names: its size, kind and tokenizer are not for the run to choose.
 *
 * @param name as it was given
 * @param folder where it is
 */
record StartingModel(String name, ModelFolder folder) {
    static StartingModel open(String name) throws IOException {
        return open(name, Verification.USUAL);
    }

    /** Looks at all of a checkpoint before anything is made of it. */
    static void verify(String name) throws IOException {
        open(name, Verification.WHOLE);
    }

    private static StartingModel open(String name, Verification how) throws IOException {
        return new StartingModel(name, Models.open("--from", Path.of(name), how));
    }

    /** What the run's configuration says of the model unless told otherwise. */
    void describeIn(ObjectNode config) {
        config.put("preset", "").put("from", name);
        ((ObjectNode) config.get("data")).put("tokenizer", folder.tokenizer().map(Path::toString).orElse(""));
    }

    /** Refuses a configuration that wants another model than this one. */
    void require(ObjectNode config) throws IOException {
        if (!config.path("preset").asText().isEmpty()) {
            throw new InputException(
                    "--preset: found "
                            + config.path("preset").asText()
                            + " beside --from, whose model has a size of its own; leave --preset out");
        }
        if (config.path("causal").asBoolean() != folder.config().causal()) {
            throw new InputException(
                    "--causal: found "
                            + config.path("causal")
                            + ", but the model "
                            + name
                            + " is "
                            + (folder.config().causal() ? "causal" : "masked")
                            + ", which training does not change; leave --causal out");
        }
        requireTokenizer(config.path("data").path("tokenizer").asText());
    }

    private void requireTokenizer(String asked) throws IOException {
        if (asked.isEmpty() || asked.equals("bpe")) {
            throw new InputException(
                    folder.tokenizer().isEmpty()
                            ? "--from: no tokenizer.json lies beside "
                                    + folder.weights()
                                    + "; pass the --tokenizer that the model was trained with"
                            : "--tokenizer: found bpe beside --from; a tokenizer trained on the text is another than"
                                    + " the model's, leave --tokenizer out");
        }
        TextTokenizer tokenizer = TextTokenizer.named(asked);
        if (folder.tokenizer().isPresent()
                && TextTokenizer.load(folder.tokenizer().get()).fingerprint() != tokenizer.fingerprint()) {
            throw new InputException(
                    "--tokenizer: found "
                            + asked
                            + ", which is another tokenizer than the model's, "
                            + folder.tokenizer().get()
                            + "; leave --tokenizer out");
        }
        if (tokenizer.vocabulary() > folder.config().vocabulary()) {
            throw new InputException(
                    "--tokenizer: found "
                            + tokenizer.vocabulary()
                            + " tokens, expected at most the "
                            + folder.config().vocabulary()
                            + " of the model "
                            + name);
        }
    }
}
