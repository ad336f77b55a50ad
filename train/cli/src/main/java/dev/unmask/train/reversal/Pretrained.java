package dev.unmask.train.reversal;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Two models that have read before, to be fine-tuned alike.
 *
 * @param masked predicts masked tokens
 * @param causal predicts the next token
 */
public record Pretrained(ModelFolder masked, ModelFolder causal) {
    /**
     * Opens them.
     *
     * @param masked folder of a masked model with its tokenizer
     * @param causal folder of an autoregressive model with its tokenizer
     * @return both
     * @throws IOException if a file is missing or cannot be read
     * @throws InputException if one is of the other kind, or has no tokenizer
     */
    public static Pretrained open(Path masked, Path causal) throws IOException {
        return new Pretrained(open("--from-masked", masked, false), open("--from-causal", causal, true));
    }

    private static ModelFolder open(String option, Path path, boolean causal) throws IOException {
        ModelFolder folder = ModelFolder.open(path);
        if (folder.config().causal() != causal) {
            throw new InputException(
                    option
                            + ": "
                            + path
                            + " is "
                            + (causal ? "masked" : "autoregressive")
                            + ", expected "
                            + (causal ? "an autoregressive" : "a masked")
                            + " model");
        }
        if (folder.tokenizer().isEmpty()) {
            throw new InputException(
                    option
                            + ": no tokenizer.json lies beside "
                            + folder.weights()
                            + "; put the one there that the model was trained with");
        }
        return folder;
    }

    /**
     * One of the two.
     *
     * @param isCausal which
     * @return its folder
     */
    ModelFolder of(boolean isCausal) {
        return isCausal ? causal : masked;
    }

    /**
     * The tokenizer of one of the two.
     *
     * @param isCausal which
     * @return the file
     */
    Path tokenizerFile(boolean isCausal) {
        return of(isCausal).tokenizer().orElseThrow();
    }

    /** Refuses sentences that are longer than a model takes, or tokens that it does not have. */
    static void require(ModelFolder folder, TextTokenizer tokenizer, int length) {
        ModelConfig config = folder.config();
        if (length > config.maxLength()) {
            throw new InputException(
                    folder.location()
                            + ": found a set whose longest line has "
                            + length
                            + " tokens with its end, expected at most the "
                            + config.maxLength()
                            + " of the model");
        }
        if (tokenizer.vocabulary() > config.vocabulary()) {
            throw new InputException(
                    folder.location()
                            + ": found a tokenizer of "
                            + tokenizer.vocabulary()
                            + " tokens, expected at most the "
                            + config.vocabulary()
                            + " of the model");
        }
    }
}
