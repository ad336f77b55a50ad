package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;

import java.util.List;

/** Requests as JSON: what the harness would ask, with the keys {@code task}, {@code context}, {@code continuation}. */
public final class RequestLines {
    private RequestLines() {}

    /**
     * The requests of an example, in order.
     *
     * @param task the task
     * @param example one of its examples
     * @return an object each, on one line; where an answer is to be written, the continuation says when it ends
     */
    public static List<String> of(Task task, Example example) {
        return nodes(task, example).stream().map(StrictJson::line).toList();
    }

    static List<ObjectNode> nodes(Task task, Example example) {
        return switch (example) {
            case Example.MultipleChoice choice ->
                    choice.continuations().stream().map(end -> line(task, example).put("continuation", end)).toList();
            case Example.Completion completion ->
                    List.of(line(task, example).put("continuation", completion.continuation()));
            case Example.Generation problem -> {
                ObjectNode line = line(task, problem);
                ObjectNode until = line.putObject("continuation");
                Example.Generation.STOPS.forEach(until.putArray("until")::add);
                until.put("do_sample", false);
                until.put("temperature", 0.0);
                yield List.of(line);
            }
        };
    }

    private static ObjectNode line(Task task, Example example) {
        ObjectNode line = StrictJson.parse("{}", "request");
        line.put("task", task.name());
        line.put("context", example.context());
        return line;
    }
}
