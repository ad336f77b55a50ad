package dev.unmask.train;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.StrictJson;
import dev.unmask.tensor.AtomicFiles;
import dev.unmask.tensor.InputException;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** {@code metrics.jsonl}: one line of JSON for each training step and each validation of a run. */
public final class MetricsFile implements AutoCloseable {
    private final BufferedWriter writer;

    private MetricsFile(BufferedWriter writer) {
        this.writer = writer;
    }

    /**
     * Opens the file to append to it. Lines of steps that will be made again are dropped, so that a resumed run leaves
     * the file of an uninterrupted one.
     *
     * @param file made if missing
     * @param step steps done so far
     * @return the open file
     * @throws IOException if it cannot be read or written
     */
    public static MetricsFile open(Path file, long step) throws IOException {
        List<String> kept = new ArrayList<>();
        for (ObjectNode line : read(file)) {
            if (line.path("step").asLong() <= step) {
                kept.add(StrictJson.line(line));
            }
        }
        AtomicFiles.write(file, kept.isEmpty() ? "" : String.join("\n", kept) + "\n");
        return new MetricsFile(Files.newBufferedWriter(file, StandardOpenOption.APPEND));
    }

    /**
     * Reads all lines. A last line that was cut off when a run was killed is left out.
     *
     * @param file the file; missing: no lines
     * @return the lines
     * @throws IOException if it cannot be read
     */
    public static List<ObjectNode> read(Path file) throws IOException {
        List<ObjectNode> lines = new ArrayList<>();
        if (!Files.exists(file)) {
            return lines;
        }
        List<String> texts = Files.readAllLines(file);
        for (int i = 0; i < texts.size(); i++) {
            try {
                lines.add(StrictJson.parse(texts.get(i), file + " line " + (i + 1)));
            } catch (InputException e) {
                if (i < texts.size() - 1) {
                    throw e;
                }
            }
        }
        return lines;
    }

    /**
     * Appends a training step.
     *
     * @param metrics what the step did
     * @throws IOException if it cannot be written
     */
    public void step(StepMetrics metrics) throws IOException {
        ObjectNode line = StrictJson.parse("{}", "metrics");
        line.put("step", metrics.step());
        line.put("loss", metrics.loss());
        line.put("learning_rate", metrics.learningRate());
        line.put("gradient_norm", metrics.gradientNorm());
        line.put("tokens", metrics.tokens());
        line.put("seconds", metrics.seconds());
        append(line);
    }

    /**
     * Appends a validation.
     *
     * @param step steps done
     * @param result what was measured
     * @throws IOException if it cannot be written
     */
    public void validation(long step, Validation.Result result) throws IOException {
        ObjectNode line = StrictJson.parse("{}", "metrics");
        line.put("step", step);
        line.put("validation_loss", result.loss());
        line.put("standard_error", result.standardError());
        append(line);
    }

    private void append(ObjectNode line) throws IOException {
        writer.write(StrictJson.line(line));
        writer.write('\n');
        writer.flush();
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
