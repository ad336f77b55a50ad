package dev.unmask.sample.tasks;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;

/**
 * LAMBADA: the last word of a passage. The tokenised texts of its publishers (standard) and OpenAI's are asked alike.
 *
 * @param name the harness's name of the set
 */
record Lambada(String name) implements Task {
    @Override
    public List<Metric> metrics() {
        return List.of(Metric.PERPLEXITY, Metric.ACC);
    }

    @Override
    public FileNames files() {
        return FileNames.of(
                name,
                FileNames.TEST,
                List.of("lambada.jsonl", "lambada_test.jsonl", "lambada_test_en.jsonl", "lambada_test_plain_text.txt"),
                "lambada");
    }

    @Override
    public Example example(TaskDocument document) {
        String text = document.text("text");
        int last = text.lastIndexOf(' ');
        return new Example.Completion(text.substring(0, Math.max(0, last)), " " + text.substring(last + 1));
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.CHAIN_RULE, 1.1);
    }
}
