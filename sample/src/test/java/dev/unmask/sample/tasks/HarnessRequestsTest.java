package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;

/**
 * Requests are those of lm-evaluation-harness: {@code tasks.json} and {@code more-tasks.json} hold documents in the
 * published formats, with texts of our own, and what the harness's own task files (of commit 4e7e0d4) make of them.
 */
class HarnessRequestsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<JsonNode> documents() throws IOException {
        return Stream.concat(documents("tasks.json"), documents("more-tasks.json"));
    }

    private static Stream<JsonNode> documents(String file) throws IOException {
        try (InputStream stream = HarnessRequestsTest.class.getResourceAsStream(file)) {
            return JSON.readTree(stream).valueStream();
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void requestsGoldLengthsAndMetricsAreTheHarness(JsonNode expected) {
        Task task = Task.named(List.of(expected.get("task").asText())).getFirst();
        Example example = task.example(new TaskDocument("here:1", (ObjectNode) expected.get("doc")));
        ArrayNode requests = JSON.createArrayNode();
        for (ObjectNode line : RequestLines.nodes(task, example)) {
            assertEquals(expected.get("task"), line.get("task"));
            requests.addArray().add(line.get("context")).add(line.get("continuation"));
        }
        assertEquals(expected.get("requests"), requests);
        int gold = example instanceof Example.MultipleChoice choice ? choice.gold() : 0;
        assertEquals(expected.get("gold").asInt(), gold);
        JsonNode lengths =
                example instanceof Example.MultipleChoice choice ? JSON.valueToTree(choice.lengths()) : JSON.nullNode();
        assertEquals(expected.get("lengths"), lengths);
        assertEquals(expected.get("metrics"), JSON.valueToTree(task.metrics().stream().map(Metric::label).toList()));
    }
}
