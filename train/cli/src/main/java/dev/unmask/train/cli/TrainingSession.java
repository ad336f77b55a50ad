package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.StrictJson;
import dev.unmask.model.TextTokenizer;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DryRun;
import dev.unmask.tensor.InputException;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.Objective;
import dev.unmask.train.RunConfig;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;
import dev.unmask.train.data.PreparedData;
import dev.unmask.train.data.UnigramEntropy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** A training run as the command line makes it: from a configuration and a folder to checkpoints and a picture. */
final class TrainingSession {
    /** Where a checkpoint keeps the hash of the text that it was trained on. */
    private static final String TEXT = "text_sha256";

    private final Backend backend;
    private final RunConfig config;
    private final Path folder;
    private final PreparedData data;
    private final Trainer trainer;
    private final Optional<Validation> validation;

    /**
     * Prepares a run.
     *
     * @param resumeFrom the checkpoint to go on from; empty: a new run
     */
    TrainingSession(Backend backend, RunConfig config, Path folder, Optional<Checkpoint> resumeFrom) throws IOException {
        this.backend = backend;
        this.config = config;
        this.folder = folder;
        this.data = data(config.data(), folder.resolve("data"), resumeFrom);
        Transformer model = model(resumeFrom);
        requireText(model);
        this.trainer = new Trainer(backend, model, data.training(), config.trainer());
        if (resumeFrom.isPresent()) {
            resumeFrom.get().restore(trainer);
        }
        this.validation = validation(model);
    }

    private static PreparedData data(RunConfig.Data wanted, Path folder, Optional<Checkpoint> resumeFrom) throws IOException {
        PreparationDisplay display = new PreparationDisplay();
        return resumeFrom.isPresent()
                ? PreparedData.resume(wanted, folder, origin(wanted, resumeFrom.get()), display)
                : PreparedData.prepare(wanted, folder, display);
    }

    /** What a checkpoint tells of the text and the tokenizer that its model knows. */
    private static PreparedData.Origin origin(RunConfig.Data wanted, Checkpoint checkpoint) throws IOException {
        String text = checkpoint.state().path(TEXT).asText();
        Optional<Path> tokenizer = ModelFolder.open(checkpoint.folder()).tokenizer();
        if (text.isEmpty() || tokenizer.isEmpty()) {
            throw new InputException(
                    checkpoint.folder()
                            + ": found "
                            + (text.isEmpty() ? "no hash of the text that it was trained on" : "no tokenizer.json")
                            + ", expected a checkpoint of unmask train; begin a new run with it by --from");
        }
        TextTokenizer known = TextTokenizer.load(tokenizer.get());
        String named = wanted.tokenizer();
        boolean isThere = named.equals("bytes") || !named.equals("bpe") && Files.exists(Path.of(named));
        if (isThere && Tokenizers.open(named).fingerprint() != known.fingerprint()) {
            throw new InputException(
                    "--resume: "
                            + named
                            + ": found another tokenizer than the run's, "
                            + tokenizer.get()
                            + "; put it back, or pass --tokenizer "
                            + Shell.quoted(tokenizer.get()));
        }
        return new PreparedData.Origin(text, known);
    }

    private Transformer model(Optional<Checkpoint> resumeFrom) throws IOException {
        if (resumeFrom.isPresent()) {
            return ModelFolder.open(resumeFrom.get().folder()).load(backend, Weights.Use.TRAINING);
        }
        if (config.from().isEmpty()) {
            ModelConfig sizes = config.model(data.tokenizer().vocabulary());
            return Initialization.of(backend, sizes, config.trainer().seed());
        }
        return StartingModel.open(config.from()).folder().load(backend, Weights.Use.TRAINING);
    }

    private void requireText(Transformer model) {
        int needed = Objective.of(model.config()).blockLength(config.trainer().length());
        long found = data.training().tokens();
        if (found < needed) {
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
            System.err.printf(
                    Locale.ROOT,
                    "the training text has %,d sequences of %,d tokens, fewer than the %,d of a step: each is seen more"
                            + " than once a step%n",
                    data.training().blocks(needed),
                    config.trainer().length(),
                    config.trainer().batch());
        }
    }

    private Optional<Validation> validation(Transformer model) {
        int needed = Objective.of(model.config()).blockLength(config.trainer().length());
        int batch = config.trainer().microBatch();
        if (data.validation().blocks(needed) < batch) {
            System.err.printf(
                    Locale.ROOT,
                    "the run goes without validation: found %,d tokens of validation text, expected at least the %,d ×"
                            + " %,d of a micro-batch; use more text, a larger data.validation_fraction, or a smaller"
                            + " --micro-batch or --length%n",
                    data.validation().tokens(),
                    batch,
                    needed);
            return Optional.empty();
        }
        return Optional.of(new Validation(backend, model, data.validation(), validationSettings(config)));
    }

    private static Validation.Settings validationSettings(RunConfig config) {
        return new Validation.Settings(
                config.trainer().microBatch(),
                config.trainer().length(),
                config.validation().batches(),
                config.validation().draws(),
                config.trainer().precision());
    }

    /**
     * Plans the memory of a run without reading its text: a tokenizer that it would train is taken at its full size.
     */
    static MemoryEstimate plan(DryRun dryRun, RunConfig config, Optional<Checkpoint> resumeFrom) throws IOException {
        return MemoryEstimate.ofTraining(
                dryRun, sizes(config, resumeFrom), config.trainer(), Optional.of(validationSettings(config)));
    }

    private static ModelConfig sizes(RunConfig config, Optional<Checkpoint> resumeFrom) throws IOException {
        if (resumeFrom.isPresent()) {
            return ModelFolder.open(resumeFrom.get().folder()).config();
        }
        if (!config.from().isEmpty()) {
            return StartingModel.open(config.from()).folder().config();
        }
        return config.model(
                config.data().tokenizer().equals("bpe")
                        ? config.data().vocabulary()
                        : Tokenizers.open(config.data().tokenizer()).vocabulary());
    }

    Trainer trainer() {
        return trainer;
    }

    PreparedData data() {
        return data;
    }

    Optional<Validation> validation() {
        return validation;
    }

    /** One paragraph on standard error: what is about to be trained on what. */
    void describe() {
        ModelConfig model = trainer.model().config();
        System.err.printf(
                Locale.ROOT,
                "%s model of %,d parameters (%,d without embedding and head), %d layers of %d, vocabulary %,d%n",
                model.causal() ? "autoregressive" : "masked diffusion",
                model.parameterCount(),
                model.nonEmbeddingCount(),
                model.layers(),
                model.width(),
                model.vocabulary());
        System.err.printf(
                Locale.ROOT,
                "%,d training and %,d validation tokens; %,d steps of %d × %d tokens, %.1f epochs%n",
                data.training().tokens(),
                data.validation().tokens(),
                config.trainer().steps(),
                config.trainer().batch(),
                config.trainer().length(),
                (double) config.trainer().steps()
                        * config.trainer().batch()
                        * config.trainer().length()
                        / data.training().tokens());
        System.err.printf(
                Locale.ROOT,
                "unigram entropy of the training text: %.3f nats a token%n",
                UnigramEntropy.of(data.training()));
    }

    /** Trains to the end or until Ctrl-C; returns whether the end was reached without one. */
    boolean run() throws IOException {
        ObjectNode state = StrictJson.parse("{}", "state");
        state.set("config", StrictJson.tree(config));
        state.put(TEXT, data.text());
        TrainingRun run =
                new TrainingRun(
                        folder,
                        trainer,
                        validation,
                        new TrainingRun.Plan(
                                config.trainer().steps(),
                                config.validation().every(),
                                config.checkpoint().every(),
                                config.checkpoint().keep()),
                        Optional.of(data.tokenizerFile()),
                        state);
        StopSignal.on(run::stop);
        boolean ended;
        try (ProgressDisplay display = new ProgressDisplay("training", trainer.step(), config.trainer().steps())) {
            ended = run.run(display);
        }
        if (StopSignal.came() || !ended) {
            return false;
        }
        draw();
        return true;
    }

    /** Not after an interrupt: the JVM is shutting down then, and its graphics no longer start. */
    private void draw() throws IOException {
        Path picture = folder.resolve("loss.png");
        LossCurve.draw(
                folder.resolve(TrainingRun.METRICS),
                config.title() + " on " + String.join(", ", config.data().sources()),
                OptionalDouble.of(UnigramEntropy.of(data.training())),
                picture);
        System.err.println("loss curve: " + picture);
    }
}
