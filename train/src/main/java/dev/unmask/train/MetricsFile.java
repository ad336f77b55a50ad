package dev.unmask.train;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.DiskSpace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** {@code metrics.jsonl}: one line of JSON for each training step and each validation of a run. */
public final class MetricsFile implements AutoCloseable {
    private static final String STEP = "step";
    private static final String LOSS = "loss";
    private static final String RATE = "learning_rate";
    private static final String NORM = "gradient_norm";
    private static final String TOKENS = "tokens";
    private static final String LEFT_OUT = "left_out";
    private static final String SECONDS = "seconds";
    private static final String OF_PEAK = "of_peak";
    private static final String VALIDATION = "validation_loss";
    private static final String ERROR = "standard_error";

    private final Path file;
    private final FileChannel channel;
    private final Set<Long> validated;

    private MetricsFile(Path file, FileChannel channel, Set<Long> validated) {
        this.file = file;
        this.channel = channel;
        this.validated = validated;
    }

    /**
     * Opens the file to append to it. Lines of steps that will be made again are dropped, so that a resumed run leaves
     * the file of an uninterrupted one; a run that begins anew begins with none.
     *
     * @param file made if missing
     * @param step steps done so far
     * @return the open file
     * @throws IOException if it cannot be read or written
     */
    public static MetricsFile open(Path file, long step) throws IOException {
        // Of each step one line of training and one of validation, in the order of the first.
        Map<String, ObjectNode> kept = new LinkedHashMap<>();
        Set<Long> validated = new HashSet<>();
        for (ObjectNode line : step == 0 ? List.<ObjectNode>of() : lines(file)) {
            long of = line.path(STEP).asLong(Long.MAX_VALUE);
            if (of <= step) {
                kept.put(of + " " + line.has(VALIDATION), line);
                if (line.has(VALIDATION)) {
                    validated.add(of);
                }
            }
        }
        StringBuilder text = new StringBuilder();
        kept.values().forEach(line -> text.append(StrictJson.line(line)).append('\n'));
        AtomicFiles.write(file, text.toString());
        return new MetricsFile(file, FileChannel.open(file, StandardOpenOption.APPEND), validated);
    }

    /** Whether the file has the validation of a step. */
    boolean hasValidation(long step) {
        return validated.contains(step);
    }

    /**
     * Reads all lines. A last line that was cut off when a run was killed is left out, and so is what is neither of a
     * step nor of a validation.
     *
     * @param file the file; missing: no lines
     * @return what each line says, in the order of the file
     * @throws IOException if it cannot be read
     * @throws InputException if another line is no JSON object; the message names it
     */
    public static List<Metrics> read(Path file) throws IOException {
        return lines(file).stream().flatMap(line -> metrics(line).stream()).toList();
    }

    private static Optional<Metrics> metrics(ObjectNode line) {
        long step = line.path(STEP).asLong();
        if (line.has(VALIDATION)) {
            return Optional.of(
                    new ValidationMetrics(step, line.path(VALIDATION).asDouble(), line.path(ERROR).asDouble()));
        }
        if (line.has(LOSS)) {
            return Optional.of(
                    new StepMetrics(
                            step,
                            line.path(LOSS).asDouble(),
                            line.path(RATE).asDouble(),
                            line.path(NORM).asDouble(),
                            line.path(TOKENS).asLong(),
                            line.path(SECONDS).asDouble(),
                            line.path(LEFT_OUT).asBoolean(),
                            line.has(OF_PEAK)
                                    ? OptionalDouble.of(line.path(OF_PEAK).asDouble())
                                    : OptionalDouble.empty()));
        }
        return Optional.empty();
    }

    private static List<ObjectNode> lines(Path file) throws IOException {
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
        line.put(STEP, metrics.step());
        line.put(LOSS, metrics.loss());
        line.put(RATE, metrics.learningRate());
        line.put(NORM, metrics.gradientNorm());
        line.put(TOKENS, metrics.tokens());
        line.put(SECONDS, metrics.seconds());
        metrics.ofPeak().ifPresent(share -> line.put(OF_PEAK, Math.round(share * 1e4) / 1e4));
        if (metrics.leftOut()) {
            line.put(LEFT_OUT, true);
        }
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
        line.put(STEP, step);
        line.put(VALIDATION, result.loss());
        line.put(ERROR, result.standardError());
        validated.add(step);
        append(line);
    }

    private void append(ObjectNode line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((StrictJson.line(line) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw named(e);
        }
    }

    /**
     * Forces all lines to the disk: what a checkpoint follows must not be lost when the checkpoint is not.
     *
     * @throws IOException if that fails
     */
    public void force() throws IOException {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw named(e);
        }
    }

    private IOException named(IOException e) {
        return DiskSpace.unwritable(file, e);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
