package dev.unmask.train.cli;

import dev.unmask.model.json.StrictJson;
import dev.unmask.train.Metrics;
import dev.unmask.train.MetricsFile;
import dev.unmask.train.Run;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;
import dev.unmask.train.ValidationMetrics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a run leaves to look at beside {@code metrics.jsonl}: TensorBoard's event file and {@code report.html}. */
final class RunRecord implements TrainingRun.Listener, AutoCloseable {
    private static final String REPORT = "report.html";

    private final Run run;
    private final Path folder;
    private final String title;
    private final TrainingRun.Listener next;
    private final EventFile events;
    private final List<Metrics> metrics;

    private RunRecord(Run run, Path folder, String title, TrainingRun.Listener next, List<Metrics> metrics)
            throws IOException {
        this.run = run;
        this.folder = folder;
        this.title = title;
        this.next = next;
        this.metrics = metrics;
        this.events = EventFile.begin(folder, metrics, System.currentTimeMillis() * 1e-3);
    }

    /** Goes on with what is known of the steps that the run has made. */
    static RunRecord begin(Run run, Path folder, String title, TrainingRun.Listener next) throws IOException {
        long step = run.trainer().step();
        List<Metrics> before = new ArrayList<>();
        if (step > 0) {
            MetricsFile.read(folder.resolve(TrainingRun.METRICS)).stream()
                    .filter(line -> line.step() <= step)
                    .forEach(before::add);
        }
        return new RunRecord(run, folder, title, next, before);
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
        metrics.add(line);
        try {
            events.add(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void report() {
        try {
            new RunReport(title, metrics, List.of(), StrictJson.print(run.config())).write(folder.resolve(REPORT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        events.close();
    }
}
