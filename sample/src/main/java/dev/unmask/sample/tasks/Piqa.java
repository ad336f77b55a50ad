package dev.unmask.sample.tasks;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;

/** PIQA: which of two ways reaches a goal. */
record Piqa() implements Task {
    @Override
    public String name() {
        return "piqa";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.ACC, Metric.ACC_NORM);
    }

    @Override
    public FileNames files() {
        return FileNames.of(name(), FileNames.VALIDATION, List.of(), "physicaliqa-train-dev");
    }

    @Override
    public Example example(TaskDocument document) {
        return new Example.MultipleChoice(
                "Question: " + document.text("goal") + "\nAnswer:",
                List.of(document.text("sol1"), document.text("sol2")),
                document.answer(() -> document.number("label", 0, 2), Example.MultipleChoice.UNKNOWN));
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.CHAIN_RULE, 0.6);
    }
}
