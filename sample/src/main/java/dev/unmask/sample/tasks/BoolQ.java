package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;

/** BoolQ: questions about a passage that are answered by yes or no. */
record BoolQ() implements Task {
    private static final List<String> ANSWERS = List.of("no", "yes");

    @Override
    public String name() {
        return "boolq";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.ACC);
    }

    @Override
    public FileNames files() {
        return FileNames.of(
                name(), FileNames.VALIDATION, List.of("boolq_validation.jsonl"), "BoolQ", "super_glue/boolq");
    }

    @Override
    public Example example(TaskDocument document) {
        String context = passage(document) + "\nQuestion: " + document.text("question") + "?\nAnswer:";
        return new Example.MultipleChoice(
                context, ANSWERS, document.answer(() -> gold(document), Example.MultipleChoice.UNKNOWN));
    }

    /**
     * SuperGLUE, which the harness reads, put the title before the passages that BoolQ first published apart from it.
     */
    private static String passage(TaskDocument document) {
        String passage = document.text("passage");
        boolean apart = !document.has("label") && document.has("title");
        return apart ? document.text("title") + " -- " + passage : passage;
    }

    private static int gold(TaskDocument document) {
        String field = document.has("label") ? "label" : "answer";
        JsonNode value = document.json().path(field);
        if (value.isBoolean()) {
            return value.booleanValue() ? 1 : 0;
        }
        return document.number(field, 0, 2);
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.CHAIN_RULE, 1.6);
    }
}
