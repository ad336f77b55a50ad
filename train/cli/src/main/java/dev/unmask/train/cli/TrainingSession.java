package dev.unmask.train.cli;

import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.GradientExchange;
import dev.unmask.train.Run;
import dev.unmask.train.RunConfig;
import dev.unmask.train.RunSamples;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;
import dev.unmask.train.data.PreparedData;
import dev.unmask.train.data.UnigramEntropy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** A training run on a terminal: what it says, its bar of progress, Ctrl-C, and a picture of the loss at the end. */
final class TrainingSession {
    private final Run run;
    private final GradientExchange exchange;
    private final RunConfig config;
    private final Path folder;
    private final PreparedData data;
    private final Trainer trainer;

    /**
     * Prepares a run.
     *
     * @param resumeFrom the checkpoint to go on from; empty: a new run
     */
    TrainingSession(Backend backend, RunConfig config, Path folder, Optional<Checkpoint> resumeFrom)
            throws IOException {
        this(backend, config, folder, resumeFrom, GradientExchange.NONE);
    }

    /**
     * Prepares a process's part of a run.
     *
     * @param resumeFrom the checkpoint to go on from; empty: a new run
     * @param exchange adds gradients up over the processes
     */
    TrainingSession(
            Backend backend,
            RunConfig config,
            Path folder,
            Optional<Checkpoint> resumeFrom,
            GradientExchange exchange)
            throws IOException {
        this.exchange = exchange;
        try (PreparationDisplay display = new PreparationDisplay()) {
            Run.Surroundings surroundings = new Run.Surroundings(display, exchange);
            this.run =
                    resumeFrom.isPresent()
                            ? Run.resume(backend, config, folder, resumeFrom.get(), surroundings)
                            : Run.begin(backend, config, folder, surroundings);
        }
        this.config = config;
        this.folder = folder;
        this.data = run.data();
        this.trainer = run.trainer();
    }

    Trainer trainer() {
        return trainer;
    }

    PreparedData data() {
        return data;
    }

    Optional<Validation> validation() {
        return run.validation();
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
        if (!trainer.model().adapters().isEmpty()) {
            System.err.printf(
                    Locale.ROOT,
                    "adapters of rank %d on %d matrices: %,d parameters are trained, those of %s are frozen%n",
                    trainer.model().adapters().get().config().rank(),
                    trainer.model().adapters().get().adapters().size(),
                    elements(trainer.model().trained()),
                    trainer.model().adapters().get().config().base());
        }
        System.err.printf(
                Locale.ROOT,
                "%,d training and %,d validation tokens; %,d steps of %d × %d tokens, %s%n",
                data.training().tokens(),
                data.validation().tokens(),
                config.trainer().steps(),
                config.trainer().batch(),
                config.trainer().length(),
                epochs(
                        (double) config.trainer().steps()
                                * config.trainer().batch()
                                * config.trainer().length()
                                / data.training().tokens()));
        if (exchange.ranks() > 1) {
            System.err.printf(
                    Locale.ROOT,
                    "%d processes, each with %d sequences of a step, %d at once%n",
                    exchange.ranks(),
                    config.trainer().batch() / exchange.ranks(),
                    config.trainer().microBatch());
        }
        if (exchange.shards().isPresent()) {
            System.err.printf(
                    Locale.ROOT,
                    "process 0 holds the moments of %,d parameters of %,d, and updates these%n",
                    elements(trainer.optimizer().firstMoments()),
                    elements(trainer.model().trained()));
        }
        System.err.printf(
                Locale.ROOT,
                "unigram entropy of the training text: %.3f nats a token%n",
                UnigramEntropy.of(data.training()));
    }

    private static long elements(Map<String, Tensor> tensors) {
        return tensors.values().stream().mapToLong(tensor -> tensor.shape().elements()).sum();
    }

    /** How often the text is seen, in two digits of any size: a short run sees a small part of it. */
    static String epochs(double epochs) {
        return String.format(Locale.ROOT, epochs < 10 ? "%.2g epochs" : "%,.0f epochs", epochs);
    }

    /** Trains to the end or until Ctrl-C; returns whether the end was reached without one. */
    boolean run() throws IOException {
        StopSignal.on(run::stop);
        run.measurePeak();
        boolean ended;
        try (ProgressDisplay display = new ProgressDisplay("training", trainer.step(), config.trainer().steps())) {
            ended = exchange.rank() > 0 ? run.train(display) : recorded(display);
        }
        if (StopSignal.came() || !ended) {
            return false;
        }
        if (exchange.rank() > 0) {
            return true;
        }
        draw();
        return true;
    }

    private boolean recorded(ProgressDisplay display) throws IOException {
        Optional<RunSamples> samples = RunSamples.of(run, folder);
        try (RunRecord record = RunRecord.begin(folder, trainer.step(), title(), config, display)) {
            return run.train(samples.<TrainingRun.Listener>map(some -> new Sampling(some, record)).orElse(record));
        }
    }

    /** Lets the model write at every validation. */
    private record Sampling(RunSamples samples, TrainingRun.Listener next) implements TrainingRun.Listener {
        @Override
        public void step(StepMetrics metrics) {
            next.step(metrics);
        }

        @Override
        public void validation(long step, Validation.Result result) {
            next.validation(step, result);
            if (!Double.isFinite(result.loss())) {
                return;
            }
            try {
                samples.write(step);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void checkpoint(Path folder) {
            next.checkpoint(folder);
        }
    }

    private String title() {
        return config.title() + " on " + String.join(", ", config.data().sources());
    }

    /** Not after an interrupt: the JVM is shutting down then, and its graphics no longer start. */
    private void draw() throws IOException {
        Path picture = folder.resolve("loss.png");
        LossCurve.draw(
                folder.resolve(TrainingRun.METRICS),
                title(),
                OptionalDouble.of(UnigramEntropy.of(data.training())),
                picture);
        System.err.println("loss curve: " + picture);
    }
}
