package dev.unmask.train.cli;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.data.FolderLock;
import dev.unmask.train.experiment.ResumableTraining;
import dev.unmask.train.reversal.Exam;
import dev.unmask.train.reversal.Lesson;
import dev.unmask.train.reversal.MaskedPupil;
import dev.unmask.train.reversal.Pupil;
import dev.unmask.train.reversal.Sentences;
import dev.unmask.train.reversal.Twin;
import dev.unmask.train.reversal.WordNetFacts;
import dev.unmask.train.reversal.WordTokens;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask demo}: a masked model and its autoregressive twin are told facts one way and asked another. */
@Command(
        description = {
            "Trains two models of equal size, one masked and one autoregressive, on the same 200 true facts, of which"
                    + " half are told one way round only, and asks both about those: as told, with the blank at the"
                    + " other end of the sentence, and the other way round. Takes about two and a half minutes.",
            "",
            "Run again, it goes on training from where it was."
        },
        subcommands = DefinitionsCommand.class,
        footer = {
            "",
            "Examples:",
            "  unmask demo",
            "  unmask demo --minutes 10",
            "  unmask demo definitions               (another demo: a dictionary of places)"
        })
final class DemoCommand implements Callable<Integer> {
    private static final int PEOPLE = 120;
    private static final int CAPITALS = 80;

    private static final int LAYERS = 4;
    private static final int HEADS = 4;
    private static final int WIDTH = 128;
    private static final int HIDDEN = 384;
    private static final int BATCH = 32;

    /** The longest sentence: a name of 3 words, "was a", 7 words, and three tokens around them. */
    private static final int LENGTH = 16;

    private static final double PEAK = 2e-3;

    /** What is enough; a step of the autoregressive twin learns from every word. */
    private static final DemoSteps ENOUGH = new DemoSteps(3600, 600);

    /** Of the time. */
    private static final double MASKED_SHARE = 0.8;

    private static final double USUAL_MINUTES = 2.5;
    private static final String DEFAULT_OUT = "runs/demo";

    @Mixin private EngineOptions engine;
    @Mixin private MemoryOptions memory;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "" + USUAL_MINUTES,
            description = "How long to train at most. Default: ${DEFAULT-VALUE}.")
    private double minutes;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            defaultValue = DEFAULT_OUT,
            description = "Where the models and the report go. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Expected.minutes(minutes);
        Lesson lesson =
                Lesson.of(
                        new Lesson.Topic(WordNetFacts.people(), PEOPLE),
                        new Lesson.Topic(WordNetFacts.capitals(), CAPITALS));
        WordTokens words = WordTokens.of(lesson.all());
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, dryRun -> plan(dryRun, words));
        }
        OutFolder.DEMO.claim(out);
        try (FolderLock _ = FolderLock.take(out);
                Backend backend = engine.open()) {
            DemoFolder folder = new DemoFolder(out, again());
            Optional<DemoSteps> begun = folder.begun(lesson);
            TextTokenizer tokenizer = words.save(out);
            return show(backend, folder, begun, lesson, tokenizer);
        }
    }

    private Integer show(
            Backend backend, DemoFolder folder, Optional<DemoSteps> begun, Lesson lesson, TextTokenizer tokenizer)
            throws IOException {
        Sentences sentences = Sentences.of(lesson.told(), tokenizer);
        ModelConfig masked = config(tokenizer.vocabulary());
        System.err.printf(
                Locale.ROOT,
                "two models of %,d and %,d parameters, masked and autoregressive; %,d sentences tell %,d facts, half of"
                        + " them one way round only%n",
                masked.parameterCount(),
                masked.withCausal(true).parameterCount(),
                lesson.told().size(),
                lesson.facts());
        DemoSteps done = folder.done();
        DemoSteps enough = ENOUGH.times(minutes / USUAL_MINUTES);
        DemoSteps steps = begun.filter(planned -> !planned.reachedBy(done)).orElseGet(() -> done.plus(enough));
        folder.begin(lesson, steps);
        RunStopper stopper = new RunStopper();
        StopSignal.on(stopper::stop);
        long began = System.nanoTime();
        Optional<ResumableTraining> maskedTwin =
                new PacedTraining("masked twin", steps.masked(), MASKED_SHARE * minutes * 60, stopper)
                        .run(upTo -> training(backend, masked, sentences, upTo, folder.masked()));
        if (maskedTwin.isEmpty()) {
            return stopped();
        }
        double left = minutes * 60 - (System.nanoTime() - began) * 1e-9;
        Optional<ResumableTraining> causalTwin =
                new PacedTraining("autoregressive twin", steps.autoregressive(), left, stopper)
                        .run(upTo ->
                                training(backend, masked.withCausal(true), sentences, upTo, folder.autoregressive()));
        if (causalTwin.isEmpty() || StopSignal.came()) {
            return stopped();
        }
        double seconds = (System.nanoTime() - began) * 1e-9;
        DemoSteps made = folder.done();
        folder.begin(lesson, made);
        int end = sentences.end();
        MaskedPupil pupil = Twin.masked(backend, maskedTwin.get().trainer().model(), LENGTH, end);
        Pupil causal = Twin.pupil(backend, causalTwin.get().trainer().model(), LENGTH, end);
        Exam maskedExam = Exam.of(pupil, lesson, tokenizer);
        Exam causalExam = Exam.of(causal, lesson, tokenizer);
        DemoReport report =
                new DemoReport(
                        folder,
                        new DemoReport.Setting(lesson, masked, made, seconds, backend.description()),
                        maskedExam,
                        causalExam);
        report.say(pupil, tokenizer);
        return Main.DONE;
    }

    private static ResumableTraining training(
            Backend backend, ModelConfig config, Sentences sentences, long steps, ResumableTraining.Place place)
            throws IOException {
        return new ResumableTraining(backend, config, Twin.task(config, sentences, settings(steps)), place);
    }

    private int stopped() {
        System.err.println("stopped; go on with: " + again());
        return Main.INTERRUPTED;
    }

    private Plan plan(DryRun dryRun, WordTokens words) {
        return new Plan(
                String.format(
                        Locale.ROOT,
                        "train a masked model of %d layers of %d in %,d steps of %d × %d tokens, then its"
                                + " autoregressive twin in %,d, for %s minutes at most, and ask both",
                        LAYERS,
                        WIDTH,
                        ENOUGH.times(minutes / USUAL_MINUTES).masked(),
                        BATCH,
                        LENGTH,
                        ENOUGH.times(minutes / USUAL_MINUTES).autoregressive(),
                        minutes),
                MemoryEstimate.ofTraining(
                        dryRun, config(words.vocabulary().size()), settings(ENOUGH.masked()), Optional.empty()));
    }

    private static ModelConfig config(int vocabulary) {
        return ModelConfig.masked(LAYERS, HEADS, WIDTH, HIDDEN, vocabulary);
    }

    private static TrainerSettings settings(long steps) {
        return TrainerSettings.of(steps, BATCH, LENGTH, PEAK);
    }

    private String again() {
        return Shell.program() + " demo" + (out.equals(Path.of(DEFAULT_OUT)) ? "" : " --out " + Shell.quoted(out));
    }
}
