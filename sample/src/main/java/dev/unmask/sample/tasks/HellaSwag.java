package dev.unmask.sample.tasks;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;
import java.util.regex.Pattern;

/** HellaSwag: how an everyday scene goes on. */
record HellaSwag() implements Task {
    /** Marks that WikiHow's pages left in the texts. */
    private static final Pattern BRACKETS = Pattern.compile("\\[.*?]", Pattern.UNIX_LINES);

    @Override
    public String name() {
        return "hellaswag";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.ACC, Metric.ACC_NORM);
    }

    @Override
    public FileNames files() {
        return FileNames.of(name(), FileNames.VALIDATION, List.of("hellaswag_val.jsonl"), "HellaSwag");
    }

    @Override
    public Example example(TaskDocument document) {
        String scene = document.text("ctx_a") + " " + PythonText.capitalize(document.text("ctx_b"));
        List<String> endings = document.texts("endings", 1).stream().map(HellaSwag::cleaned).toList();
        return new Example.MultipleChoice(
                cleaned(document.text("activity_label") + ": " + scene),
                endings,
                document.answer(() -> document.number("label", 0, endings.size()), Example.MultipleChoice.UNKNOWN));
    }

    private static String cleaned(String text) {
        String titled = PythonText.strip(text).replace(" [title]", ". ");
        return BRACKETS.matcher(titled).replaceAll("").replace("  ", " ");
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.MONTE_CARLO, 0.7);
    }
}
