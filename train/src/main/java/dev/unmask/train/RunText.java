package dev.unmask.train;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.data.PreparedData;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** What a run asks of its text: that it is the run's own, and that there is enough of it to train and to validate. */
final class RunText {
    private RunText() {}

    /** What is said while a run is made. */
    interface Notes {
        void note(String sentence);
    }

    /** What a checkpoint tells of the text and the tokenizer that its model knows. */
    static PreparedData.Origin origin(RunConfig config, Checkpoint checkpoint) throws IOException {
        Optional<String> text = checkpoint.state().text();
        Optional<Path> tokenizer = ModelFolder.open(checkpoint.folder()).tokenizer();
        if (text.isEmpty() || tokenizer.isEmpty()) {
            throw new InputException(
                    checkpoint.folder()
                            + ": found "
                            + (text.isEmpty() ? "no hash of the text that it was trained on" : "no tokenizer.json")
                            + ", expected a checkpoint of unmask train; begin a new run with it by --from");
        }
        TextTokenizer known = TextTokenizer.load(tokenizer.get());
        String named = config.data().tokenizer();
        boolean isThere = named.equals("bytes") || !named.equals("bpe") && Files.exists(Path.of(named));
        if (isThere && TextTokenizer.named(named).fingerprint() != known.fingerprint()) {
            throw new InputException(
                    "--resume: "
                            + named
                            + ": found another tokenizer than the run's, "
                            + tokenizer.get()
                            + "; put it back, or pass --tokenizer '"
                            + tokenizer.get()
                            + "'");
        }
        return new PreparedData.Origin(text.get(), known);
    }

    /** Refuses a text shorter than one sequence, and notes one that is shorter than a step. */
    static void requireText(RunConfig config, PreparedData data, Transformer model, Notes notes) {
        int needed = Objective.of(model.config()).blockLength(config.trainer().length());
        long found = data.training().tokens();
        if (data.training().blocks(needed) == 0) {
            throw new InputException(
                    String.format(
                            Locale.ROOT,
                            "training data: found %,d tokens in %s, expected at least the %,d of one sequence; use more"
                                    + " text, or a --length of at most %,d",
                            found,
                            String.join(", ", config.data().sources()),
                            needed,
                            found - needed + config.trainer().length()));
        }
        if (data.training().blocks(needed) < config.trainer().batch()) {
            notes.note(
                    String.format(
                            Locale.ROOT,
                            "the training text has %,d sequences of %,d tokens, fewer than the %,d of a step: each is"
                                    + " seen more than once a step",
                            data.training().blocks(needed),
                            config.trainer().length(),
                            config.trainer().batch()));
        }
    }

    /** What measures the loss on text that is not trained on; empty, and noted, if there is too little of it. */
    static Optional<Validation> validation(
            Backend backend, RunConfig config, PreparedData data, Transformer model, Notes notes) {
        int needed = Objective.of(model.config()).blockLength(config.trainer().length());
        int batch = (int) Math.min(config.trainer().microBatch(), data.validation().blocks(needed));
        if (batch == 0) {
            notes.note(
                    String.format(
                            Locale.ROOT,
                            "the run goes without validation: found %,d tokens of validation text, expected at least"
                                    + " the %,d of one sequence; use more text, a larger --validation, or a smaller"
                                    + " --length",
                            data.validation().tokens(),
                            needed));
            return Optional.empty();
        }
        return Optional.of(
                new Validation(
                        backend,
                        model,
                        data.validation(),
                        validationSettings(config, batch),
                        Objective.of(model.config(), config.objective().forValidation(), batch)));
    }

    /** The largest that a run may need. */
    static Validation.Settings validationSettings(RunConfig config) {
        return validationSettings(config, config.trainer().microBatch());
    }

    private static Validation.Settings validationSettings(RunConfig config, int batch) {
        return new Validation.Settings(
                batch,
                config.trainer().length(),
                config.validation().batches(),
                config.validation().draws(),
                config.trainer().precision());
    }
}
