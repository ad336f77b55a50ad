package dev.unmask.train.cli;

import dev.unmask.model.json.StrictJson;
import dev.unmask.train.Metrics;
import dev.unmask.train.MetricsFile;
import dev.unmask.train.RunConfig;
import dev.unmask.train.RunSamples;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;
import dev.unmask.train.ValidationMetrics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** What a run leaves to look at beside {@code metrics.jsonl}: TensorBoard's event file and {@code report.html}. */
final class RunRecord implements TrainingRun.Listener, AutoCloseable {
    private static final String REPORT = "report.html";

    private final Path folder;
    private final String title;
    private final RunConfig config;
    private final TrainingRun.Listener next;
    private final EventFile events;

    private RunRecord(Path folder, String title, RunConfig config, TrainingRun.Listener next, EventFile events) {
        this.folder = folder;
        this.title = title;
        this.config = config;
        this.next = next;
        this.events = events;
    }

    /**
     * Goes on with what {@code metrics.jsonl} tells of the steps that the run has made.
     *
     * @param folder the run's
     * @param step how many these are
     * @param title above the report
     * @param config what the run does
     * @param next told of everything, too
     */
    static RunRecord begin(Path folder, long step, String title, RunConfig config, TrainingRun.Listener next)
            throws IOException {
        List<Metrics> before =
                step == 0
                        ? List.of()
                        : metrics(folder).stream().filter(line -> line.step() <= step).toList();
        return new RunRecord(
                folder, title, config, next, EventFile.begin(folder, before, System.currentTimeMillis() * 1e-3));
    }

    private static List<Metrics> metrics(Path folder) throws IOException {
        return MetricsFile.read(folder.resolve(TrainingRun.METRICS));
    }

    @Override
    public void step(StepMetrics step) {
        add(step);
        next.step(step);
    }

    @Override
    public void validation(long step, Validation.Result result) {
        add(new ValidationMetrics(step, result.loss(), result.standardError()));
        next.validation(step, result);
    }

    @Override
    public void checkpoint(Path saved) {
        next.checkpoint(saved);
        report();
    }

    private void add(Metrics line) {
        try {
            events.add(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void report() {
        try {
            new RunReport(title, metrics(folder), RunSamples.read(folder), StrictJson.print(config)).write(folder.resolve(REPORT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        events.close();
    }
}
