package dev.unmask.sample.tasks;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;

/** Social IQa: what people feel, want and do in everyday situations. */
record SocialIqa() implements Task {
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
                List.of("siqa.jsonl", "social_i_qa.jsonl", "socialiqa.jsonl"),
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
                document.answer(() -> document.number("label", 1, 3) - 1, Example.MultipleChoice.UNKNOWN));
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.MONTE_CARLO, 0.6);
    }
}
