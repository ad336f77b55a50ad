package dev.unmask.train.cli;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.tasks.Examinee;
import dev.unmask.sample.tasks.FinishedDocuments;
import dev.unmask.sample.tasks.RequestLines;
import dev.unmask.sample.tasks.Task;
import dev.unmask.sample.tasks.TaskFile;
import dev.unmask.sample.tasks.TaskResult;
import dev.unmask.sample.tasks.TaskRun;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.data.FolderLock;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask tasks}: zero-shot benchmarks. */
@Command(
        description = {
            "Measures a model on zero-shot benchmarks.",
            "",
            "They are asked as lm-evaluation-harness asks them: arc_easy, arc_challenge, boolq, hellaswag, openbookqa,"
                    + " piqa, race, social_iqa, lambada_standard, lambada_openai, gsm8k.",
            "",
            "Documents lie as published in DIR/TASK.jsonl, or in files named as the publishers named them. What is"
                    + " done is kept in --out: the same command goes on after it was stopped."
        },
        footer = {
            "",
            "Examples:",
            "  unmask tasks --model runs/demo --data benchmarks --task piqa,lambada_standard --limit 50 --samples 64",
            "  unmask tasks --model mdm-1028M.safetensors --tokenizer llama/tokenizer.json --data benchmarks"
                    + " --task gsm8k",
            "  unmask tasks --data benchmarks --task arc_easy --print-requests"
        })
final class TasksCommand implements Callable<Integer> {
    private static final String FINISHED = "documents.jsonl";

    private record Asked(Task task, List<TaskFile.Item> items) {}

    @Mixin private EngineOptions engine;
    @Mixin private MemoryOptions memory;

    @ArgGroup(exclusive = false)
    private ModelOptions model;

    @Mixin private ExamOptions exam;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "The folder of the documents, or the file of a single task.")
    private Path data;

    @Option(
            names = "--task",
            paramLabel = "NAME",
            required = true,
            split = ",",
            description = "The tasks, with commas between them.")
    private List<String> names;

    @Option(names = "--limit", paramLabel = "N", description = "Ask the first N documents of each task only.")
    private Optional<Integer> limit;

    @Option(
            names = "--print-requests",
            description = "Print what would be asked, a request a line of JSON, and ask nothing; needs no model.")
    private boolean printRequests;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Where results.json, results.md and the documents that are done are kept. Default: tasks beside or"
                            + " in what --model names.")
    private Optional<Path> out;

    @Override
    public Integer call() throws Exception {
        if (limit.isPresent() && limit.get() < 1) {
            throw new InputException("--limit: found " + limit.get() + ", expected at least 1");
        }
        List<Task> tasks = Task.named(names);
        if (tasks.size() > 1 && Files.isRegularFile(data)) {
            throw new InputException("--data: found the file " + data + ", expected a folder for several tasks");
        }
        // All of them first: a document of the last task is not to be refused after hours.
        List<Asked> all = new ArrayList<>();
        for (Task task : tasks) {
            TaskFile file = TaskFile.find(task, data);
            int most = limit.orElse(Integer.MAX_VALUE);
            all.add(new Asked(task, printRequests ? file.readQuestions(most) : file.read(most)));
        }
        if (printRequests) {
            print(all);
        } else {
            if (model == null) {
                throw new InputException("--model: missing; pass one, or --print-requests, which needs none");
            }
            ModelOptions options = model;
            if (memory.dryRun()) {
                return MemoryOptions.print(engine, dryRun -> plan(dryRun, all, options));
            }
            EngineOptions.Planning planning = dryRun -> plan(dryRun, all, options).memory();
            return MemoryOptions.run(
                    () -> {
                        ask(all, options);
                        return Main.DONE;
                    },
                    () -> engine.plan(planning));
        }
        return Main.DONE;
    }

    private static void print(List<Asked> all) {
        for (Asked asked : all) {
            for (TaskFile.Item item : asked.items) {
                RequestLines.of(asked.task, item.example()).forEach(System.out::println);
            }
        }
    }

    /** Asks the longest documents of each task on the dry run. */
    private Plan plan(DryRun dryRun, List<Asked> all, ModelOptions options) throws IOException {
        LanguageModel loaded = options.load(dryRun, exam.precision());
        long weights = dryRun.use().tensors();
        List<String> parts = new ArrayList<>();
        for (Asked asked : all) {
            Examinee examinee = exam.examinee(loaded, asked.task);
            List<Examinee.Question> longest =
                    asked.items.stream()
                            .sorted(Comparator.comparingInt(item -> -item.example().toString().length()))
                            .limit(examinee.batch())
                            .map(item -> new Examinee.Question(item.where(), item.example(), 0))
                            .toList();
            examinee.answer(longest);
            int requests =
                    asked.items.stream().mapToInt(item -> RequestLines.of(asked.task, item.example()).size()).sum();
            parts.add(
                    String.format(
                            Locale.ROOT,
                            "%s: %,d documents, %,d requests",
                            asked.task.name(),
                            asked.items.size(),
                            requests));
        }
        return new Plan("ask " + String.join("; ", parts), MemoryEstimate.ofInference(dryRun, weights));
    }

    private void ask(List<Asked> all, ModelOptions options) throws IOException {
        Path folder = out.orElseGet(() -> beside(options.folder()));
        try (Backend backend = engine.open()) {
            LanguageModel loaded = options.load(backend, exam.precision());
            String hash = ModelHash.of(options.files());
            try (FolderLock _ = FolderLock.take(folder);
                    FinishedDocuments finished = FinishedDocuments.open(folder.resolve(FINISHED))) {
                List<TaskResult> results = new ArrayList<>();
                for (Asked asked : all) {
                    Examinee examinee = exam.examinee(loaded, asked.task);
                    TaskRun run = new TaskRun(asked.task, asked.items, examinee, exam.identity(hash), finished);
                    try (TaskDisplay display = new TaskDisplay(asked.task.name())) {
                        results.add(run.run(display));
                    }
                }
                write(folder, TaskResult.json(options.folder().toString(), hash, results), results);
            }
        }
    }

    private static Path beside(Path model) {
        return Files.isDirectory(model) ? model.resolve("tasks") : model.resolveSibling("tasks");
    }

    private static void write(Path folder, String json, List<TaskResult> results) throws IOException {
        String table = TaskResult.markdown(results);
        AtomicFiles.write(folder.resolve("results.json"), json);
        AtomicFiles.write(folder.resolve("results.md"), table);
        System.out.print(table);
        for (TaskResult result : results) {
            if (result.shortened() > 0) {
                System.err.printf(
                        Locale.ROOT,
                        "%s: of %d of %d documents the beginning was left out, as it did not fit%n",
                        result.task().name(),
                        result.shortened(),
                        result.documents());
            }
        }
    }
}
