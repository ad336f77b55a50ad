package dev.unmask.train.cli;

import dev.unmask.model.Transformer;
import dev.unmask.model.Verification;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.BlockSettings;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.LoraSettings;
import dev.unmask.train.ObjectiveSettings;
import dev.unmask.train.Run;
import dev.unmask.train.RunConfig;
import dev.unmask.train.SpikeSettings;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;
import dev.unmask.train.data.DataSettings;
import dev.unmask.train.data.FolderLock;
import dev.unmask.train.data.UnigramEntropy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/** {@code unmask demo definitions}: trains on a part of a dictionary for some minutes, then fills in blanks. */
@Command(
        name = "definitions",
        description = {
            "Trains a small masked diffusion model on a dictionary's places for about three minutes, shows its"
                    + " validation loss against the text's unigram entropy, and lets it define words and find words for"
                    + " definitions.",
            "",
            "Run again, it goes on training from where it was."
        },
        footer = {"", "Examples:", "  unmask demo definitions", "  unmask demo definitions --minutes 15"})
final class DefinitionsCommand implements Callable<Integer> {
    /** Places: short entries of few forms ({@code a town in …}), of which a small model learns something in minutes. */
    private static final List<String> SOURCES = List.of("wordnet:noun.location,noun.object:60");

    private static final String PRESET = "demo";
    private static final int VOCABULARY = 1536;
    private static final int BATCH = 16;
    private static final int LENGTH = 48;
    private static final double PEAK = 3e-3;
    private static final int TIMED_STEPS = 1000;
    private static final double TIMED_SECONDS = 8;
    private static final double MOST_TIMED_OF_ALL = 0.25;
    private static final String DEFAULT_OUT = "runs/definitions";

    private static final List<String> WORDS = List.of("Edinburgh", "Riverside", "Danube", "Zanvolia");
    private static final List<String> DEFINITIONS =
            List.of(
                    "the capital of Scotland",
                    "a town in central Wyoming",
                    "a river in northern Italy",
                    "a mountain peak in the Andes in Argentina");

    @Mixin private EngineOptions engine;
    @Mixin private MemoryOptions memory;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "3",
            description = "How long to train. Default: ${DEFAULT-VALUE}.")
    private double minutes;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            defaultValue = DEFAULT_OUT,
            description = "The run's folder. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Expected.minutes(minutes);
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, this::plan);
        }
        OutFolder.RUN.claim(out);
        try (FolderLock _ = FolderLock.take(out);
                Backend backend = engine.open()) {
            Optional<Checkpoint> checkpoint = newest();
            TrainingSession session = new TrainingSession(backend, config(backend, checkpoint), out, checkpoint);
            session.describe();
            if (!session.run()) {
                System.err.println("stopped at step " + session.trainer().step() + "; go on with: " + again());
                return Main.INTERRUPTED;
            }
            report(session);
            Transformer model = session.trainer().model();
            showcase(new MaskedSampler(backend, model), session.data().tokenizer());
            System.out.println();
            System.out.println("Now try:");
            System.out.println(
                    "  "
                            + Shell.program()
                            + " fill --model "
                            + Shell.quoted(out)
                            + " --alternatives 5 'Riverside: a ____ in southern ____'");
            System.out.println(
                    "  "
                            + Shell.program()
                            + " sample --model "
                            + Shell.quoted(out)
                            + " --prompt 'Boston:' --length 24 --watch");
            System.out.println("  " + again() + " --minutes 15        (goes on from here)");
        }
        return Main.DONE;
    }

    private Optional<Checkpoint> newest() throws IOException {
        Optional<Checkpoint> newest = new Checkpoints(TrainingRun.checkpointsIn(out), 1).latest().map(Checkpoint::new);
        if (newest.isPresent()) {
            Models.verify(
                    newest.get(),
                    Verification.WHOLE,
                    before -> "move " + newest.get().folder() + " away to go on from it");
        }
        return newest;
    }

    private Plan plan(DryRun dryRun) throws IOException {
        return new Plan(
                String.format(
                        Locale.ROOT,
                        "train the preset %s in steps of %d × %d tokens for %s minutes, then fill in blanks",
                        PRESET,
                        BATCH,
                        LENGTH,
                        minutes),
                Run.plan(dryRun, withSteps(1, TIMED_STEPS), Optional.empty()));
    }

    private String again() {
        return Shell.program()
                + " demo definitions"
                + (out.equals(Path.of(DEFAULT_OUT)) ? "" : " --out " + Shell.quoted(out));
    }

    /** As many steps as fit into the minutes, from a few that are timed on a trainer of their own and thrown away. */
    private RunConfig config(Backend backend, Optional<Checkpoint> checkpoint) throws IOException {
        long done = 0;
        RunConfig config = withSteps(1, TIMED_STEPS);
        if (checkpoint.isPresent()) {
            requireDemo(checkpoint.get().state().config(), config);
            done = checkpoint.get().step();
        }
        TrainingSession timed = new TrainingSession(backend, config, out, Optional.empty());
        double median = StepTimer.median(timed.trainer(), Math.min(TIMED_SECONDS, MOST_TIMED_OF_ALL * minutes * 60));
        long more = Math.max(20, Math.round(minutes * 60 / median));
        return withSteps(more, done + more);
    }

    /** The data of another run would be replaced, and its model is another. */
    private void requireDemo(Optional<RunConfig> before, RunConfig demo) {
        boolean same =
                before.filter(run -> run.preset().equals(demo.preset()) && run.data().equals(demo.data())).isPresent();
        if (!same) {
            throw new InputException(
                    "--out: "
                            + out
                            + " holds another run than this demo's; name another folder, or go on with: "
                            + Shell.program()
                            + " train --resume --out "
                            + Shell.quoted(out));
        }
    }

    private static RunConfig withSteps(long more, long steps) {
        return new RunConfig(
                PRESET,
                false,
                "",
                LoraSettings.NONE,
                BlockSettings.NONE,
                SpikeSettings.NONE,
                new DataSettings(SOURCES, "line", "bpe", VOCABULARY, 0.06),
                ObjectiveSettings.DEFAULT,
                TrainerSettings.of(steps, BATCH, LENGTH, PEAK),
                new RunConfig.ValidationPlan(Math.max(1, more / 6), 4, 8, 0),
                new RunConfig.CheckpointPlan(Math.max(1, more / 3), 2));
    }

    private void report(TrainingSession session) {
        double entropy = UnigramEntropy.of(session.data().training());
        session.validation()
                .map(Validation::measure)
                .ifPresent(result ->
                        System.out.printf(
                                Locale.ROOT,
                                "%nvalidation loss %.3f ± %.3f nats a token (a bound); a model that knows only how"
                                        + " frequent each token is reaches %.3f%n",
                                result.loss(),
                                result.standardError(),
                                entropy));
        System.out.println(
                "A few minutes on two cores teach the form of definitions and some of their words, not facts.");
    }

    private static void showcase(MaskedSampler sampler, TextTokenizer tokenizer) {
        System.out.println();
        System.out.println("Word to definition (" + Texts.MASKED + " is still masked):");
        boolean first = true;
        for (String word : WORDS) {
            int[] prompt = tokenizer.encode(word + ":");
            MaskedSequence sequence =
                    MaskedSequence.continuing(prompt, prompt.length + 14, sampler.denoiser().maskToken(), 0);
            if (first) {
                sampler.sample(
                        List.of(sequence),
                        SamplerSettings.defaults().withSteps(10).withTemperature(0),
                        new StepPrinter(tokenizer, sampler.denoiser().maskToken()));
                first = false;
                continue;
            }
            Sample sample =
                    sampler.sample(List.of(sequence), SamplerSettings.defaults().withSteps(20).withTemperature(0))
                            .getFirst();
            System.out.println(
                    "  " + Texts.shown(tokenizer, sample.ids(), Set.of(tokenizer.endOfText().orElseThrow())));
        }
        System.out.println();
        System.out.println("Definition to word:");
        for (String definition : DEFINITIONS) {
            System.out.println("  " + wordFor(sampler, tokenizer, definition));
        }
    }

    /** The word before the colon is masked, the definition after it stands: what a causal model cannot be asked. */
    private static String wordFor(MaskedSampler sampler, TextTokenizer tokenizer, String definition) {
        int mask = sampler.denoiser().maskToken();
        int[] after = tokenizer.encode(": " + definition);
        int end = tokenizer.endOfText().orElseThrow();
        int[] ids = new int[3 + after.length + 2];
        ids[0] = end;
        Arrays.fill(ids, 1, 4, mask);
        System.arraycopy(after, 0, ids, 4, after.length);
        ids[ids.length - 1] = end;
        Sample sample =
                sampler.sample(
                                List.of(MaskedSequence.infilling(ids, mask, 0)),
                                SamplerSettings.defaults().withSteps(3).withTemperature(0))
                        .getFirst();
        return tokenizer.decode(Arrays.copyOfRange(sample.ids(), 1, ids.length - 1));
    }
}
