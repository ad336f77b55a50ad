package dev.unmask.sample.tasks;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;

/** Social IQa: what people feel, want and do in everyday situations. */
record SocialIqa() implements Task {
    private static final String LETTER = "correct";
    private static final List<String> LETTERS = List.of("A", "B", "C");

    @Override
    public String name() {
        return "social_iqa";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.ACC);
    }

    @Override
    public FileNames files() {
        return FileNames.of(
                name(),
                FileNames.VALIDATION,
                List.of("siqa.jsonl", "social_i_qa.jsonl", "socialiqa.jsonl", "socialIQa_v1.4_dev.jsonl"),
                "siqa",
                "social_i_qa",
                "socialiqa",
                "socialiqa-train-dev");
    }

    @Override
    public Example example(TaskDocument document) {
        return new Example.MultipleChoice(
                "Q: " + document.text("context") + " " + document.text("question") + "\nA:",
                List.of(document.text("answerA"), document.text("answerB"), document.text("answerC")),
                document.answer(() -> gold(document), Example.MultipleChoice.UNKNOWN));
    }

    /** Its third edition has labels in a file beside it, the fourth letters within. */
    private static int gold(TaskDocument document) {
        if (document.has("label") || !document.has(LETTER)) {
            return document.number("label", 1, 3) - 1;
        }
        int index = LETTERS.indexOf(document.text(LETTER));
        if (index < 0) {
            throw document.refused(LETTER, document.json().path(LETTER), "A, B or C");
        }
        return index;
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.MONTE_CARLO, 0.6);
    }
}
