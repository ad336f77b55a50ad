package dev.unmask.sample.tasks;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;

/** GSM8K: word problems of grade-school mathematics, whose answer is written rather than chosen. */
record Gsm8k() implements Task {
    @Override
    public String name() {
        return "gsm8k";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.EXACT_MATCH);
    }

    @Override
    public FileNames files() {
        return FileNames.of(name(), FileNames.TEST, List.of(), "gsm8k/main");
    }

    @Override
    public Example example(TaskDocument document) {
        String problem = document.text("question");
        return new Example.Generation(
                "Question: " + problem + "\nAnswer:", problem, document.answer(() -> answer(document), ""));
    }

    /** The published answers end in {@code #### 84}; SMDM's file has the number alone, as {@code target}. */
    private static String answer(TaskDocument document) {
        if (!document.has("answer") && document.has("target")) {
            return document.text("target");
        }
        String solution = document.text("answer");
        return MathAnswer.find(solution)
                .orElseThrow(() ->
                        document.refused("answer", document.json().path("answer"), "a solution that ends in #### 84"));
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.CHAIN_RULE, 0.1);
    }
}
