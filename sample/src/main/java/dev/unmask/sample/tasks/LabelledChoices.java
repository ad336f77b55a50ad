package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;

/**
 * The answers of ARC and OpenBookQA: two lists, of texts and of labels, as on the hub, or a list of pairs, as first
 * published.
 *
 * @param texts the answers
 * @param labels what the key calls them
 */
record LabelledChoices(List<String> texts, List<String> labels) {
    static LabelledChoices of(TaskDocument document, JsonNode choices) {
        if (!choices.isArray()) {
            List<String> texts = document.texts(choices.path("text"), "choices.text", 1);
            List<String> labels = document.texts(choices.path("label"), "choices.label", texts.size());
            return new LabelledChoices(texts, labels);
        }
        List<String> texts = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (JsonNode choice : choices) {
            texts.add(document.text(choice.path("text"), "text of a choice"));
            labels.add(document.text(choice.path("label"), "label of a choice"));
        }
        if (texts.isEmpty()) {
            throw document.refused("choices", choices, "at least one");
        }
        return new LabelledChoices(texts, labels);
    }
}
