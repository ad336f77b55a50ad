package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The documents of a task in a file: JSON Lines; with a second file of labels, as PIQA and Social IQa are published; or
 * plain text, a document a line, as LAMBADA is.
 *
 * @param task what they are documents of
 * @param path the file
 */
public record TaskFile(Task task, Path path) {
    private static final String JSON_LINES = ".jsonl";
    private static final String LABELS = "-labels.lst";

    /**
     * A document and what it asks.
     *
     * @param where its file and line
     * @param example what it asks
     */
    public record Item(String where, Example example) {}

    private record Line(int number, String text) {}

    /**
     * Finds the file of a task: {@code TASK.jsonl}, or the names that its publishers and the hub gave it, in a folder
     * or in the folders in it that are named after the task.
     *
     * @param task the task
     * @param data the folder, or the file itself
     * @return the file
     * @throws InputException if there is none; the message says what was looked for
     */
    public static TaskFile find(Task task, Path data) {
        if (Files.isRegularFile(data)) {
            return new TaskFile(task, data);
        }
        if (!Files.isDirectory(data)) {
            throw new InputException("data: found no " + data + ", expected a folder with files of documents");
        }
        Task.FileNames names = task.files();
        List<String> all = Stream.concat(names.own().stream(), names.split().stream()).toList();
        // A split's name in the folder itself may be another task's, so it comes last.
        return first(data, names.own())
                .or(() ->
                        names.folders().stream()
                                .map(data::resolve)
                                .flatMap(folder -> first(folder, all).stream())
                                .findFirst())
                .or(() -> first(data, names.split()))
                .map(path -> new TaskFile(task, path))
                .orElseThrow(() ->
                        new InputException(
                                data
                                        + ": found no documents of "
                                        + task.name()
                                        + ", expected one of "
                                        + String.join(", ", all)
                                        + " in it or in a folder "
                                        + String.join(", ", names.folders())));
    }

    private static Optional<Path> first(Path folder, List<String> names) {
        return names.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
    }

    /**
     * Reads what the documents ask.
     *
     * @param limit documents at the most
     * @return the first documents, at least one
     * @throws IOException if the file cannot be read
     * @throws InputException if a document is malformed; the message names file, line and field
     */
    public List<Item> read(int limit) throws IOException {
        return read(limit, task::example);
    }

    /**
     * Reads what the documents ask, where nobody is going to be measured: right answers may be missing, as in published
     * test sets.
     *
     * @param limit documents at the most
     * @return the first documents, at least one
     * @throws IOException if the file cannot be read
     * @throws InputException if a question is malformed; the message names file, line and field
     */
    public List<Item> readQuestions(int limit) throws IOException {
        return read(limit, document -> task.example(document.questionOnly()));
    }

    private List<Item> read(int limit, Function<TaskDocument, Example> example) throws IOException {
        List<TaskDocument> documents = task.grouped(documents());
        if (documents.isEmpty()) {
            throw new InputException(path + ": found no documents, expected one a line");
        }
        return documents.stream()
                .limit(limit)
                .map(document -> new Item(document.where(), example.apply(document)))
                .toList();
    }

    private List<TaskDocument> documents() throws IOException {
        boolean json = !path.getFileName().toString().endsWith(".txt");
        List<TaskDocument> documents = new ArrayList<>();
        for (Line line : lines(path)) {
            if (!line.text.isBlank()) {
                String where = path + ":" + line.number;
                ObjectNode fields =
                        json
                                ? StrictJson.parse(line.text, where)
                                : JsonNodeFactory.instance.objectNode().put("text", line.text);
                documents.add(new TaskDocument(where, fields));
            }
        }
        addLabels(documents);
        return documents;
    }

    /** {@code dev-labels.lst} has a label a line for {@code dev.jsonl}. */
    private void addLabels(List<TaskDocument> documents) throws IOException {
        String name = path.getFileName().toString();
        if (!name.endsWith(JSON_LINES)) {
            return;
        }
        String stem = name.substring(0, name.length() - JSON_LINES.length());
        Path file = path.resolveSibling(stem + LABELS);
        if (!Files.isRegularFile(file)) {
            return;
        }
        List<String> labels = lines(file).stream().map(line -> line.text.strip()).filter(l -> !l.isEmpty()).toList();
        if (labels.size() != documents.size()) {
            throw new InputException(
                    file
                            + ": found "
                            + labels.size()
                            + " labels, expected "
                            + documents.size()
                            + ", one for each document of "
                            + path);
        }
        for (int i = 0; i < labels.size(); i++) {
            if (!documents.get(i).has("label")) {
                documents.get(i).json().put("label", labels.get(i));
            }
        }
    }

    private static List<Line> lines(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        List<Line> lines = new ArrayList<>();
        int start = 0;
        while (start < bytes.length) {
            int end = start;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            int number = lines.size() + 1;
            lines.add(new Line(number, text(ByteBuffer.wrap(bytes, start, end - start), file + ":" + number)));
            start = end + 1;
        }
        return lines;
    }

    private static String text(ByteBuffer bytes, String where) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            int start = text.startsWith("\uFEFF") ? 1 : 0;
            int end = text.endsWith("\r") ? text.length() - 1 : text.length();
            return text.substring(start, Math.max(start, end));
        } catch (CharacterCodingException e) {
            throw new InputException(where + ": found bytes that are not UTF-8, expected a text in UTF-8", e);
        }
    }
}
