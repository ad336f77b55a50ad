package dev.unmask.train.cli;

import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The progress of a run on standard error, with the running means of loss and speed, and the time left. */
final class ProgressDisplay implements TrainingRun.Listener, AutoCloseable {
    private static final double SMOOTHING = 0.9;

    private final Progress progress;
    private final RunningMean loss = new RunningMean(SMOOTHING);
    private final RunningMean speed = new RunningMean(SMOOTHING);
    private final RunningMean peak = new RunningMean(SMOOTHING);

    ProgressDisplay(String task, long step, long steps) {
        progress = Progress.of(task, step, steps);
    }

    @Override
    public void step(StepMetrics metrics) {
        List<String> known = new ArrayList<>();
        known.add(String.format(Locale.ROOT, "mean loss %.3f", loss.with(metrics.loss())));
        known.add(String.format(Locale.ROOT, "%,.0f tokens/s", speed.with(metrics.tokensPerSecond())));
        metrics.ofPeak()
                .ifPresent(share -> known.add(String.format(Locale.ROOT, "%.0f%% of peak", 100 * peak.with(share))));
        progress.at(metrics.step(), known);
    }

    @Override
    public void validation(long step, Validation.Result result) {
        System.err.printf(
                Locale.ROOT,
                "  step %d: validation loss %.3f ± %.3f nats a token, perplexity %.1f%n",
                step,
                result.loss(),
                result.standardError(),
                result.perplexity());
    }

    @Override
    public void checkpoint(Path folder) {
        System.err.printf(Locale.ROOT, "  saved %s%n", folder);
    }

    /** The same, but for where checkpoints are saved: for one of many short runs. */
    TrainingRun.Listener withoutCheckpoints() {
        return new TrainingRun.Listener() {
            @Override
            public void step(StepMetrics metrics) {
                ProgressDisplay.this.step(metrics);
            }

            @Override
            public void validation(long step, Validation.Result result) {
                ProgressDisplay.this.validation(step, result);
            }

            @Override
            public void checkpoint(Path folder) {}
        };
    }

    @Override
    public void close() {
        progress.close();
    }
}
