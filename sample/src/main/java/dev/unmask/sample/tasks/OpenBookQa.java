package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;

/** OpenBookQA: elementary science by facts of an open book, which is not shown. */
record OpenBookQa() implements Task {
    @Override
    public String name() {
        return "openbookqa";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.ACC, Metric.ACC_NORM);
    }

    @Override
    public FileNames files() {
        return FileNames.of(
                name(), FileNames.TEST, List.of(), "openbookqa/main", "Main", "OpenBookQA-V1-Sep2018/Data/Main");
    }

    @Override
    public Example example(TaskDocument document) {
        JsonNode question = document.json().path("question");
        boolean nested = question.isObject();
        String stem = nested ? document.text(question.path("stem"), "question.stem") : document.text("question_stem");
        LabelledChoices choices =
                LabelledChoices.of(document, nested ? question.path("choices") : document.json().path("choices"));
        int gold =
                document.answer(
                        () ->
                                choices.index(
                                        "answerKey",
                                        TextNode.valueOf(PythonText.stripLeft(document.text("answerKey")))),
                        Example.MultipleChoice.UNKNOWN);
        return new Example.MultipleChoice(stem, choices.texts(), gold);
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.CHAIN_RULE, 1.6);
    }
}
