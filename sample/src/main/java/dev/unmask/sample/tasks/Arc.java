package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.List;

/**
 * ARC: science questions of schools, easy or challenging.
 *
 * @param name the harness's name of the set
 * @param published the publishers'
 */
record Arc(String name, String published) implements Task {
    @Override
    public List<Metric> metrics() {
        return List.of(Metric.ACC, Metric.ACC_NORM);
    }

    @Override
    public FileNames files() {
        return FileNames.of(
                name,
                FileNames.TEST,
                List.of(published + "-Test.jsonl"),
                published,
                "ai2_arc/" + published,
                "ARC-V1-Feb2018-2/" + published);
    }

    @Override
    public Example example(TaskDocument document) {
        JsonNode question = document.json().path("question");
        boolean nested = question.isObject();
        String text = nested ? document.text(question.path("stem"), "question.stem") : document.text("question");
        LabelledChoices choices =
                LabelledChoices.of(document, nested ? question.path("choices") : document.json().path("choices"));
        int gold =
                document.answer(
                        () -> choices.index("answerKey", document.json().path("answerKey")),
                        Example.MultipleChoice.UNKNOWN);
        return new Example.MultipleChoice("Question: " + text + "\nAnswer:", choices.texts(), gold);
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.MONTE_CARLO, 0.6);
    }
}
