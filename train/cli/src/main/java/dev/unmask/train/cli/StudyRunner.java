package dev.unmask.train.cli;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.data.FolderLock;
import dev.unmask.train.experiment.Machine;
import dev.unmask.train.experiment.Report;
import dev.unmask.train.experiment.ResumableTraining;
import dev.unmask.train.experiment.Study;
import dev.unmask.train.experiment.Trials;
import dev.unmask.train.experiment.Workbench;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;

/** What all experiments have in common: options, going on, Ctrl-C, and the report. */
final class StudyRunner {
    private static final int MOST_SEEDS = 1000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Mixin private EngineOptions engine;
    @Mixin private MemoryOptions memory;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often every model is trained, each time from other weights. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            description =
                    "The experiment's folder; where one is, it is gone on with. Default: runs/ and the experiment's"
                            + " name.")
    private Optional<Path> out = Optional.empty();

    int seeds() {
        Expected.between("--seeds", seeds, 1, MOST_SEEDS);
        return seeds;
    }

    /** Measures what is not measured yet and writes the report; returns the exit code. */
    int run(String title, Study study) throws IOException {
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, dryRun -> plan(dryRun, study));
        }
        Path folder = out.orElse(Path.of("runs", command.name()));
        OutFolder.EXPERIMENT.claim(folder);
        try (FolderLock _ = FolderLock.take(folder);
                Backend backend = engine.open()) {
            Trials trials = Trials.open(folder, study.settings(), study.seeds());
            RunStopper stopper = new RunStopper();
            StopSignal.on(stopper::stop);
            try {
                measure(study, trials, new Bench(backend, folder, stopper));
            } catch (CancellationException stopped) {
                System.err.println("stopped; the same command goes on");
                return Main.INTERRUPTED;
            }
            if (StopSignal.came()) {
                return Main.INTERRUPTED;
            }
            Report report = new Report(title);
            study.report(new Bench(backend, folder, stopper), trials, report);
            how(report, study, trials, backend);
            report.writeMarkdown(folder.resolve("report.md"));
            System.out.println("report: " + folder.resolve("report.md"));
            return Main.DONE;
        }
    }

    private static void measure(Study study, Trials trials, Bench bench) throws IOException {
        List<Study.Trial> all = study.trials(bench);
        int number = 0;
        for (Study.Trial trial : all) {
            number++;
            if (trials.has(trial.name())) {
                continue;
            }
            if (bench.stopper.asked()) {
                throw new CancellationException();
            }
            System.err.printf(Locale.ROOT, "%d of %d: %s%n", number, all.size(), trial.name());
            long began = System.nanoTime();
            Map<String, Double> values = trial.work().measure();
            trials.add(trial.name(), values, (System.nanoTime() - began) * 1e-9);
        }
    }

    private Plan plan(DryRun dryRun, Study study) {
        return new Plan(
                study.size() + " models, the largest of them as follows (" + described(study.settings()) + ")",
                MemoryEstimate.ofTraining(dryRun, study.largest(), study.training(), Optional.empty()));
    }

    private static String described(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(setting -> setting.getKey() + ": " + setting.getValue())
                .collect(Collectors.joining("; "));
    }

    private void how(Report report, Study study, Trials trials, Backend backend) {
        report.heading("How it was made")
                .code(
                        "./unmask"
                                + command.commandLine().getParseResult().originalArgs().stream()
                                        .map(Shell::quoted)
                                        .reduce("", (line, word) -> line + " " + word))
                .text(
                        String.format(
                                Locale.ROOT,
                                "%s; %s. %,.0f seconds for all trials together. The numbers of every trial are in"
                                        + " trials.jsonl.",
                                Machine.description(),
                                backend.description(),
                                trials.seconds()))
                .table(
                        List.of("setting", "value"),
                        study.settings().entrySet().stream()
                                .map(setting -> List.of(setting.getKey(), setting.getValue()))
                                .toList());
    }

    private record Bench(Backend backend, Path folder, RunStopper stopper) implements Workbench {
        @Override
        public Transformer train(
                String name, ResumableTraining.Beginning beginning, ResumableTraining.Task task, Path tokenizer)
                throws IOException {
            Path run = folder.resolve("models").resolve(name);
            ResumableTraining training =
                    new ResumableTraining(backend, beginning, task, new ResumableTraining.Place(run, Optional.of(tokenizer)));
            stopper.watch(training.run());
            boolean ended;
            // The tokens lie beside their tokenizer.
            try (FolderLock _ = FolderLock.read(tokenizer.toAbsolutePath().getParent());
                    ProgressDisplay display =
                    new ProgressDisplay(name, training.trainer().step(), task.settings().steps())) {
                ended = training.run().run(display.withoutCheckpoints());
            }
            if (!ended) {
                throw new CancellationException(name);
            }
            return training.trainer().model();
        }
    }
}
