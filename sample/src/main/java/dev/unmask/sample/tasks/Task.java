package dev.unmask.sample.tasks;

import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.tensor.InputException;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A zero-shot benchmark: how its documents become requests, and what is measured. */
public interface Task {
    /** Every task there is. */
    List<Task> ALL =
            List.of(
                    new Arc("arc_easy", "ARC-Easy"),
                    new Arc("arc_challenge", "ARC-Challenge"),
                    new BoolQ(),
                    new HellaSwag(),
                    new OpenBookQa(),
                    new Piqa(),
                    new Race(),
                    new SocialIqa(),
                    new Lambada("lambada_standard"),
                    new Lambada("lambada_openai"),
                    new Gsm8k());

    /**
     * Finds tasks by name.
     *
     * @param names for example {@code arc_easy}; {@code siqa} and {@code lambada} are understood too
     * @return the tasks, in the order of the names, each once
     * @throws InputException if there is none of a name
     */
    static List<Task> named(List<String> names) {
        return names.stream().map(Task::named).distinct().toList();
    }

    private static Task named(String name) {
        String known =
                switch (name.strip()) {
                    case "siqa", "social_i_qa" -> "social_iqa";
                    case "lambada" -> "lambada_standard";
                    default -> name.strip();
                };
        return ALL.stream()
                .filter(task -> task.name().equals(known))
                .findFirst()
                .orElseThrow(() ->
                        new InputException(
                                "task: found "
                                        + name
                                        + ", expected one of "
                                        + ALL.stream().map(Task::name).collect(Collectors.joining(", "))));
    }

    /**
     * The name that the harness has for it.
     *
     * @return for example {@code arc_easy}
     */
    String name();

    /**
     * What is measured, in the harness's order.
     *
     * @return at least one
     */
    List<Metric> metrics();

    /**
     * Whether answers are written rather than scored.
     *
     * @return true if all its examples are generations
     */
    default boolean generates() {
        return metrics().contains(Metric.EXACT_MATCH);
    }

    /**
     * Where its documents are found.
     *
     * @return names of files and folders
     */
    FileNames files();

    /**
     * What a document asks.
     *
     * @param document in a form in which it was published
     * @return the example
     * @throws InputException if a field is missing or not what it must be; the message names file, line and field
     */
    Example example(TaskDocument document);

    /**
     * Brings documents together that are published apart but asked about as one.
     *
     * @param documents of one file
     * @return the documents to ask about
     */
    default List<TaskDocument> grouped(List<TaskDocument> documents) {
        return documents;
    }

    /**
     * How the likelihoods of a masked diffusion model are estimated if nobody says otherwise (METHOD §5.4).
     *
     * @return estimator and guidance
     */
    LikelihoodSettings defaults();

    /**
     * Where the documents of a task are found.
     *
     * @param own names that mean this task wherever they are
     * @param split names that mean only which split it is, for example {@code test.jsonl}
     * @param folders in which files are looked for beside the folder that is given
     */
    record FileNames(List<String> own, List<String> split, List<String> folders) {
        static final List<String> TEST = List.of("test.jsonl");
        static final List<String> VALIDATION = List.of("validation.jsonl", "valid.jsonl", "val.jsonl", "dev.jsonl");

        /** Takes copies. */
        public FileNames {
            own = List.copyOf(own);
            split = List.copyOf(split);
            folders = List.copyOf(folders);
        }

        /** A task's own file, the split that the harness evaluates, and other names of the file, of the folder. */
        static FileNames of(String task, List<String> split, List<String> otherFiles, String... otherFolders) {
            return new FileNames(
                    Stream.concat(Stream.of(task + ".jsonl"), otherFiles.stream()).toList(),
                    split,
                    Stream.concat(Stream.of(task), Arrays.stream(otherFolders)).toList());
        }
    }
}
