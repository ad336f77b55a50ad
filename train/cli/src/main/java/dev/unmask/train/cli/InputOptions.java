package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.chat.ChatMessage;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.train.data.TextLines;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Options of commands that read many texts, and that programs read the results of. */
final class InputOptions {
    private static final String STANDARD_INPUT = "-";
    private static final Pattern JSON_LINES = Pattern.compile(".*\\.(jsonl|ndjson)(\\.gz)?", Pattern.CASE_INSENSITIVE);

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description =
                    "Read many texts, one a line; - is standard input. In .jsonl and .ndjson files, and in standard"
                            + " input that begins with {, a line is an object of JSON; its id comes back with the"
                            + " result. One result a line, in the order of the texts.")
    private Optional<String> input = Optional.empty();

    @Option(names = "--json", description = "For programs: each result is an object of JSON on a line of its own.")
    private boolean json;

    /**
     * One of many texts.
     *
     * @param where names it in messages
     * @param line its line; the first is 1
     * @param id what the program that wrote it calls it
     * @param plain the line, where that is the text
     * @param object the line, where it is JSON
     */
    record Line(String where, long line, Optional<JsonNode> id, String plain, Optional<ObjectNode> object) {
        /** The string of a key, or the whole line if it is plain text. */
        String text(String key) {
            if (object.isEmpty()) {
                return plain;
            }
            return part(key)
                    .orElseThrow(() -> new InputException(where + ": found no \"" + key + "\", expected a string"));
        }

        /** The string of a key, if the line is JSON and has it. */
        Optional<String> part(String key) {
            Optional<JsonNode> found = object.map(fields -> fields.get(key));
            if (found.isPresent() && !found.get().isTextual()) {
                throw new InputException(where + ": \"" + key + "\": found " + found.get() + ", expected a string");
            }
            return found.map(JsonNode::asText);
        }

        /** The conversation, if the line is JSON and has one. */
        List<ChatMessage> messages() {
            Optional<JsonNode> found = object.map(fields -> fields.get("messages"));
            List<ChatMessage> messages = new ArrayList<>();
            for (JsonNode message : found.orElse(MissingNode.getInstance())) {
                if (!message.path("role").isTextual() || !message.path("content").isTextual()) {
                    throw new InputException(
                            where
                                    + ": \"messages\": found "
                                    + message
                                    + ", expected an object with the strings role and content");
                }
                messages.add(new ChatMessage(message.path("role").textValue(), message.path("content").textValue()));
            }
            if (found.isPresent() && messages.isEmpty()) {
                throw new InputException(
                        where + ": \"messages\": found " + found.get() + ", expected a list of at least one message");
            }
            return messages;
        }

        /** A message about this text. */
        InputException refused(InputException reason) {
            return new InputException(where + ": " + reason.getMessage(), reason);
        }

        /** The beginning of its result for programs. */
        ObjectNode result() {
            ObjectNode result = StrictJson.tree(Map.of());
            result.put("line", line);
            id.ifPresent(value -> result.set("id", value));
            return result;
        }
    }

    boolean given() {
        return input.isPresent();
    }

    boolean json() {
        return json;
    }

    /** The texts, at least one. */
    List<Line> read() throws IOException {
        return read(input.orElseThrow());
    }

    /** The texts of a file, at least one. */
    static List<Line> read(String name) throws IOException {
        boolean standard = name.equals(STANDARD_INPUT);
        if (!standard && Files.isDirectory(Path.of(name))) {
            throw new InputException("--input: found the folder " + name + ", expected a file with a text a line");
        }
        List<TextLines.Line> lines =
                standard ? TextLines.read("standard input", System.in) : TextLines.read(Path.of(name));
        if (lines.isEmpty()) {
            throw new InputException(
                    "--input: found no text in " + (standard ? "standard input" : name) + ", expected one a line");
        }
        boolean objects =
                standard ? lines.getFirst().text().startsWith("{") : JSON_LINES.matcher(name).matches();
        List<Line> texts = new ArrayList<>();
        for (TextLines.Line line : lines) {
            texts.add(objects ? parsed(line) : new Line(line.where(), line.number(), Optional.empty(), line.text(), Optional.empty()));
        }
        return texts;
    }

    private static Line parsed(TextLines.Line line) {
        ObjectNode object = StrictJson.parse(line.text(), line.where());
        return new Line(line.where(), line.number(), Optional.ofNullable(object.get("id")), "", Optional.of(object));
    }
}
