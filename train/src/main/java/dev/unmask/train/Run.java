package dev.unmask.train;

import dev.unmask.model.Initialization;
import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.data.PreparedData;
import dev.unmask.train.data.TokensInUse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A training run as its configuration says: text becomes tokens, tokens train a model, and the folder keeps metrics and
 * checkpoints, from which the run goes on with the same bits.
 *
 * <pre>{@code
 * try (Backend backend = Backends.cpu()) {
 *     Run run = Run.begin(backend, RunConfig.defaults("tiny", 300).withText(Path.of("corpus.txt")), Path.of("runs/mine"));
 *     run.train(TrainingRun.Listener.NONE);
 * }
 * }</pre>
 *
 * <p>Used by one thread at a time, as its backend is, but for {@link #stop()}.
 */
public final class Run {
    /** Operations of a few seconds on one core. */
    private static final double WORTH_MEASURING = 1e12;

    private final RunConfig config;
    private final PreparedData data;
    private final Trainer trainer;
    private final Optional<Validation> validation;
    private final Backend backend;
    private final TrainingRun loop;
    private final Path folder;

    private Run(
            Backend backend,
            RunConfig config,
            Path folder,
            PreparedData data,
            StartingWeights start,
            Surroundings surroundings)
            throws IOException {
        Transformer model = start.model();
        RunText.Notes notes = surroundings.progress::note;
        RunText.requireText(config, data, model, notes);
        this.backend = backend;
        this.config = config;
        this.data = data;
        this.folder = folder;
        this.trainer =
                new Trainer(
                        backend,
                        model,
                        data.training(),
                        config.trainer(),
                        config.blocks().equals(BlockSettings.NONE)
                                ? Objective.of(model.config(), config.objective(), config.trainer().batch())
                                : config.blocks()
                                        .objective(model.config(), config.objective(), config.trainer().batch()),
                        surroundings.exchange);
        trainer.leaveOut(config.spikes(), List.of());
        this.validation = RunText.validation(backend, config, data, trainer.evaluated(), notes);
        RunState state =
                new RunState(
                        Optional.of(config),
                        Optional.of(data.text()),
                        Optional.of(start.frozen()).filter(frozen -> !frozen.isEmpty()));
        TrainingRun.Plan plan =
                new TrainingRun.Plan(
                        config.trainer().steps(),
                        config.validation().every(),
                        config.checkpoint().every(),
                        config.checkpoint().keep());
        this.loop = new TrainingRun(folder, trainer, validation, plan, Optional.of(data.tokenizerFile()), state);
    }

    /**
     * What a run has around it.
     *
     * @param progress told how the preparation of the text goes
     * @param exchange what happens to gradients before each update: where processes share the run, each makes its part
     *     of every step, and process 0 alone writes
     */
    public record Surroundings(PreparedData.Progress progress, GradientExchange exchange) {
        /** Nobody is told, and one process does it all. */
        public static final Surroundings NONE = new Surroundings(PreparedData.Progress.NONE, GradientExchange.NONE);

        /** Process 0 prepares the text, after which it is there for the others. */
        PreparedData prepared(Preparation preparation) throws IOException {
            if (exchange.rank() > 0) {
                exchange.meet();
                return preparation.prepare();
            }
            PreparedData data = preparation.prepare();
            exchange.meet();
            return data;
        }
    }

    private interface Preparation {
        PreparedData prepare() throws IOException;
    }

    /**
     * Makes a new run, and says nothing meanwhile.
     *
     * @param backend owns the model
     * @param config what to train on what
     * @param folder the run's; made if missing
     * @return the run, before its first step
     * @throws IOException if a source cannot be read or a file not written
     * @throws InputException if a source or a model is malformed, or there is too little text
     */
    public static Run begin(Backend backend, RunConfig config, Path folder) throws IOException {
        return begin(backend, config, folder, PreparedData.Progress.NONE);
    }

    /**
     * Makes a new run: of a new model, or, as fine-tuning does, of the weights that {@link RunConfig#from()} names.
     *
     * @param backend owns the model
     * @param config what to train on what
     * @param folder the run's; made if missing
     * @param progress told how the preparation of the text goes
     * @return the run, before its first step
     * @throws IOException if a source cannot be read or a file not written
     * @throws InputException if a source or a model is malformed, or there is too little text
     */
    public static Run begin(Backend backend, RunConfig config, Path folder, PreparedData.Progress progress)
            throws IOException {
        return begin(backend, config, folder, new Surroundings(progress, GradientExchange.NONE));
    }

    /**
     * Makes a new run: of a new model, or, as fine-tuning does, of the weights that {@link RunConfig#from()} names.
     *
     * @param backend owns the model
     * @param config what to train on what
     * @param folder the run's; made if missing
     * @param surroundings who is told, and who else makes it
     * @return the run, before its first step
     * @throws IOException if a source cannot be read or a file not written
     * @throws InputException if a source or a model is malformed, there is too little text, or processes cannot share a
     *     step evenly
     */
    public static Run begin(Backend backend, RunConfig config, Path folder, Surroundings surroundings)
            throws IOException {
        PreparedData data =
                surroundings.prepared(() -> PreparedData.prepare(config.data(), dataIn(folder), surroundings.progress));
        StartingWeights model =
                config.from().isEmpty()
                        ? StartingWeights.of(
                                Initialization.of(
                                        backend, config.model(data.tokenizer().vocabulary()), config.trainer().seed()))
                        : StartingWeights.of(backend, config);
        return new Run(backend, config, folder, data, model, surroundings);
    }

    /**
     * Goes on with a run from one of its checkpoints.
     *
     * @param backend owns the model
     * @param config what to train on what: the checkpoint's own, but for what is to change
     * @param folder the run's
     * @param checkpoint where to go on from
     * @param progress told how the preparation of the text goes
     * @return the run, after the checkpoint's last step
     * @throws IOException if a file cannot be read or written
     * @throws InputException if the text or the tokenizer is another than the run's, or the checkpoint is damaged
     */
    public static Run resume(
            Backend backend, RunConfig config, Path folder, Checkpoint checkpoint, PreparedData.Progress progress)
            throws IOException {
        return resume(backend, config, folder, checkpoint, new Surroundings(progress, GradientExchange.NONE));
    }

    /**
     * Goes on with a run from one of its checkpoints, perhaps with another number of processes.
     *
     * @param backend owns the model
     * @param config what to train on what: the checkpoint's own, but for what is to change
     * @param folder the run's
     * @param checkpoint where to go on from
     * @param surroundings who is told, and who else makes it
     * @return the run, after the checkpoint's last step
     * @throws IOException if a file cannot be read or written
     * @throws InputException if the text or the tokenizer is another than the run's, or the checkpoint is damaged
     */
    public static Run resume(
            Backend backend, RunConfig config, Path folder, Checkpoint checkpoint, Surroundings surroundings)
            throws IOException {
        PreparedData.Origin origin = RunText.origin(config, checkpoint);
        PreparedData data =
                surroundings.prepared(
                        () -> PreparedData.resume(config.data(), dataIn(folder), origin, surroundings.progress));
        StartingWeights model = StartingWeights.of(backend, checkpoint, checkpoint.state().frozen().orElse(""));
        Run run = new Run(backend, config, folder, data, model, surroundings);
        checkpoint.restore(run.trainer);
        long done = run.trainer.step();
        run.trainer.leaveOut(
                config.spikes(),
                MetricsFile.read(folder.resolve(TrainingRun.METRICS)).stream()
                        .filter(StepMetrics.class::isInstance)
                        .map(StepMetrics.class::cast)
                        .filter(made -> made.step() <= done)
                        .toList());
        return run;
    }

    private static Path dataIn(Path folder) {
        return folder.resolve("data");
    }

    /**
     * Plans the memory of a run, its samples over time included, without reading its text: a tokenizer that it would
     * train is taken at its full size, and prompts, where there may be any, at all lengths.
     *
     * @param dryRun counts
     * @param config what to train on what
     * @param checkpoint where to go on from, if it is no new run
     * @return what the run would take
     * @throws IOException if a model or a tokenizer cannot be read
     * @throws InputException if one is malformed
     */
    public static MemoryEstimate plan(DryRun dryRun, RunConfig config, Optional<Checkpoint> checkpoint)
            throws IOException {
        return plan(dryRun, config, checkpoint, GradientExchange.NONE);
    }

    /**
     * Plans the memory of a run that processes share, of the one that takes most, without reading its text.
     *
     * @param dryRun counts
     * @param config what to train on what
     * @param checkpoint where to go on from, if it is no new run
     * @param exchange what would happen to gradients before each update
     * @return what the process would take
     * @throws IOException if a model or a tokenizer cannot be read
     * @throws InputException if one is malformed
     */
    public static MemoryEstimate plan(
            DryRun dryRun, RunConfig config, Optional<Checkpoint> checkpoint, GradientExchange exchange)
            throws IOException {
        if (checkpoint.isEmpty()) {
            PreparedData.requireSources(config.data());
        }
        PlannedSamples samples = PlannedSamples.of(config, PreparedData.mayHavePrompts(config.data()));
        return MemoryEstimate.ofTraining(
                dryRun,
                StartingWeights.unread(dryRun, config, checkpoint),
                config.trainer(),
                Optional.of(RunText.validationSettings(config)),
                exchange.planned(),
                model -> samples.write(dryRun, model));
    }

    /**
     * The sizes of the model of a run, without reading its text: a tokenizer that it would train is taken at its full
     * size.
     *
     * @param config what to train on what
     * @param checkpoint where to go on from, if it is no new run
     * @return the sizes
     * @throws IOException if a model or a tokenizer cannot be read
     * @throws InputException if one is malformed
     */
    public static ModelConfig sizes(RunConfig config, Optional<Checkpoint> checkpoint) throws IOException {
        if (checkpoint.isPresent()) {
            return ModelFolder.open(checkpoint.get().folder()).config();
        }
        if (!config.from().isEmpty()) {
            return config.blocks().in(ModelFolder.open(Path.of(config.from())).config());
        }
        return config.model(
                config.data().tokenizer().equals("bpe")
                        ? config.data().vocabulary()
                        : TextTokenizer.named(config.data().tokenizer()).vocabulary());
    }

    /**
     * What the run is made of.
     *
     * @return its configuration
     */
    public RunConfig config() {
        return config;
    }

    /**
     * What it trains on.
     *
     * @return tokenizer and tokens
     */
    public PreparedData data() {
        return data;
    }

    /**
     * What makes its steps.
     *
     * @return the trainer, and by it the model
     */
    public Trainer trainer() {
        return trainer;
    }

    /**
     * What measures the loss on text that is not trained on.
     *
     * @return the validation; empty if there is too little text for it
     */
    public Optional<Validation> validation() {
        return validation;
    }

    /**
     * The model that is being trained, for sampling and filling between or after its steps; of averaged weights, where
     * these are what is saved.
     *
     * @return the model with its tokenizer, on the run's backend
     */
    public LanguageModel model() {
        return LanguageModel.of(backend, trainer.evaluated(), data.tokenizer(), config.trainer().precision());
    }

    /**
     * Compares the speed of steps with the peak of the device from now on; see {@link Trainer#measurePeak}. A run that
     * is over in a few seconds is not worth it.
     */
    public void measurePeak() {
        if (trainer.operationsLeft() >= WORTH_MEASURING) {
            trainer.measurePeak();
        }
    }

    /**
     * Trains until the end or until asked to stop; the last step is always saved. Nobody can pack other tokens over the
     * run's meanwhile.
     *
     * @param listener told what happens
     * @return whether the end was reached
     * @throws IOException if a file of the run cannot be written
     * @throws InputException if another run uses the folder, or the data were replaced since the run was made
     * @throws TrainingDivergedException if the loss, the gradients or the weights are no longer numbers
     */
    public boolean train(TrainingRun.Listener listener) throws IOException {
        try (TokensInUse _ = TokensInUse.by(config.data(), dataIn(folder), data)) {
            return loop.run(listener);
        }
    }

    /** Asks the run to save and end after the step it is in; from any thread. */
    public void stop() {
        loop.stop();
    }
}
