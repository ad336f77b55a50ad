package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The answers of ARC and OpenBookQA: two lists, of texts and of labels, as on the hub, or a list of pairs, as first
 * published. Labels are looked at only where it is asked which answer is right.
 *
 * @param document whose answers they are
 * @param choices as published
 * @param texts the answers
 */
record LabelledChoices(TaskDocument document, JsonNode choices, List<String> texts) {
    static LabelledChoices of(TaskDocument document, JsonNode choices) {
        if (!choices.isArray()) {
            return new LabelledChoices(document, choices, document.texts(choices.path("text"), "choices.text", 1));
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode choice : choices) {
            texts.add(document.text(choice.path("text"), "text of a choice"));
        }
        if (texts.isEmpty()) {
            throw document.refused("choices", choices, "at least one");
        }
        return new LabelledChoices(document, choices, texts);
    }

    /** The index of the answer that a field names, given as it is or as it is to be read. */
    int index(String field, JsonNode key) {
        List<JsonNode> labels = labels();
        int index = labels.indexOf(document.label(key, field));
        if (index < 0) {
            throw document.refused(
                    field,
                    document.json().path(field),
                    "one of " + labels.stream().map(JsonNode::asText).collect(Collectors.joining(", ")));
        }
        return index;
    }

    private List<JsonNode> labels() {
        List<JsonNode> labels = new ArrayList<>();
        if (choices.isArray()) {
            choices.forEach(choice -> labels.add(document.label(choice.path("label"), "label of a choice")));
            return labels;
        }
        JsonNode listed = choices.path("label");
        if (!listed.isArray() || listed.size() < texts.size()) {
            throw document.refused("choices.label", listed, "a list of at least " + texts.size() + " texts");
        }
        listed.forEach(label -> labels.add(document.label(label, "choices.label[" + labels.size() + "]")));
        return labels;
    }
}
