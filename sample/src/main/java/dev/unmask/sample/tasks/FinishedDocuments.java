package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.DiskSpace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The file of documents that are done, to which each is appended when its answer is there, so that a run that was
 * stopped goes on where it was. Documents are found by a key of all that their answer depends on.
 *
 * <p>The file is locked while it is open.
 */
public final class FinishedDocuments implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final Map<String, Outcome> outcomes = new HashMap<>();

    private FinishedDocuments(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Opens the file and reads what is done. A last line that was cut off when a run was killed is dropped.
     *
     * @param file made if missing; its folder must exist
     * @return the documents that are done
     * @throws IOException if it cannot be read or written
     * @throws InputException if it is not such a file, or another process has it open
     */
    public static FinishedDocuments open(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (!isLocked(channel)) {
                throw new InputException(file + ": is in use by another run; wait for its end, or pass another --out");
            }
            FinishedDocuments finished = new FinishedDocuments(file, channel);
            finished.read();
            return finished;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException sameProcess) {
            return false;
        }
    }

    private void read() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size()));
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
        String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        String whole = text.substring(0, text.lastIndexOf('\n') + 1);
        int number = 1;
        for (String line : whole.lines().toList()) {
            ObjectNode entry = StrictJson.parse(line, file + ":" + number);
            outcomes.put(entry.path("key").asText(), outcome(entry));
            number++;
        }
        long end = whole.getBytes(StandardCharsets.UTF_8).length;
        channel.truncate(end);
        channel.position(end);
    }

    private static Outcome outcome(ObjectNode entry) {
        List<Outcome.Score> scores = new ArrayList<>();
        for (JsonNode score : entry.path("scores")) {
            JsonNode error = score.path("standard_error");
            scores.add(
                    new Outcome.Score(
                            score.path("log_likelihood").asDouble(),
                            error.isNumber() ? OptionalDouble.of(error.doubleValue()) : OptionalDouble.empty(),
                            score.path("greedy").asBoolean()));
        }
        return new Outcome(scores, entry.path("text").asText(), entry.path("shortened").asBoolean());
    }

    /**
     * The outcome of a document, if it is done.
     *
     * @param key of the document
     * @return its outcome
     */
    public Optional<Outcome> find(String key) {
        return Optional.ofNullable(outcomes.get(key));
    }

    /**
     * Appends a document.
     *
     * @param key of the document
     * @param where its file and line, for people who read the file
     * @param outcome what the model said
     * @throws IOException if it cannot be written
     */
    public void add(String key, String where, Outcome outcome) throws IOException {
        ObjectNode entry = StrictJson.parse("{}", "entry");
        entry.put("key", key);
        entry.put("document", where);
        if (!outcome.scores().isEmpty()) {
            ArrayNode scores = entry.putArray("scores");
            for (Outcome.Score score : outcome.scores()) {
                ObjectNode node = scores.addObject();
                node.put("log_likelihood", score.logLikelihood());
                score.standardError().ifPresent(error -> node.put("standard_error", error));
                node.put("greedy", score.greedy());
            }
        } else {
            entry.put("text", outcome.text());
        }
        entry.put("shortened", outcome.shortened());
        ByteBuffer line = StandardCharsets.UTF_8.encode(StrictJson.line(entry) + "\n");
        try {
            while (line.hasRemaining()) {
                channel.write(line);
            }
        } catch (IOException e) {
            throw DiskSpace.unwritable(file, e);
        }
        outcomes.put(key, outcome);
    }

    /** Forces what was appended to the disk and unlocks the file. */
    @Override
    public void close() throws IOException {
        try (channel) {
            channel.force(true);
        }
    }
}
