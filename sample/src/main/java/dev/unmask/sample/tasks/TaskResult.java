package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a task has shown.
 *
 * @param task the task
 * @param documents how many were asked
 * @param shortened documents of which the model did not see the whole context
 * @param measurements its metrics
 * @param settings how the model was asked
 */
public record TaskResult(
        Task task, int documents, int shortened, List<Metric.Measurement> measurements, Map<String, Object> settings) {
    /** Takes a copy. */
    public TaskResult {
        measurements = List.copyOf(measurements);
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /**
     * Results as JSON: by task and metric, with standard errors and settings.
     *
     * @param model what the model is called
     * @param hash what tells it from others
     * @param results of the tasks
     * @return the text of an object, indented
     */
    public static String json(String model, String hash, List<TaskResult> results) {
        ObjectNode json = StrictJson.parse("{}", "results");
        json.put("model", model);
        json.put("model_hash", hash);
        ObjectNode tasks = json.putObject("tasks");
        for (TaskResult result : results) {
            ObjectNode node = tasks.putObject(result.task.name());
            for (Metric.Measurement measurement : result.measurements) {
                String label = measurement.metric().label();
                node.put(label, measurement.value());
                measurement.standardError().ifPresent(error -> node.put(label + "_stderr", error));
            }
            node.put("documents", result.documents);
            node.put("shortened", result.shortened);
            node.set("settings", StrictJson.tree(result.settings));
        }
        return StrictJson.print(json);
    }

    /**
     * Results as a table of Markdown.
     *
     * @param results of the tasks
     * @return the lines
     */
    public static String markdown(List<TaskResult> results) {
        StringBuilder table = new StringBuilder("| task | documents | metric | value | ± |\n");
        table.append("| --- | ---: | --- | ---: | ---: |\n");
        for (TaskResult result : results) {
            for (Metric.Measurement measurement : result.measurements) {
                String error =
                        measurement.standardError().isPresent()
                                ? decimals(measurement.standardError().getAsDouble())
                                : "";
                table.append("| ")
                        .append(result.task.name())
                        .append(" | ")
                        .append(result.documents)
                        .append(" | ")
                        .append(measurement.metric().label())
                        .append(" | ")
                        .append(decimals(measurement.value()))
                        .append(" | ")
                        .append(error)
                        .append(" |\n");
            }
        }
        return table.toString();
    }

    private static String decimals(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 1e6 ? "%.4f" : "%.4g", value);
    }
}
