package dev.unmask.train.cli;

import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** A progress bar of a run on standard error, with loss, speed and time left. */
final class ProgressDisplay implements TrainingRun.Listener, AutoCloseable {
    private static final int UPDATE_MS = 500;
    private static final double SMOOTHING = 0.9;

    private final ProgressBar bar;
    private double loss = Double.NaN;
    private double speed = Double.NaN;

    ProgressDisplay(String task, long step, long steps) {
        bar =
                new ProgressBarBuilder()
                        .setTaskName(task)
                        .setInitialMax(steps)
                        .startsFrom(step, Duration.ZERO)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(UPDATE_MS)
                        .build();
    }

    @Override
    public void step(StepMetrics metrics) {
        loss = smooth(loss, metrics.loss());
        speed = smooth(speed, metrics.tokensPerSecond());
        bar.stepTo(metrics.step());
        bar.setExtraMessage(String.format(Locale.ROOT, " loss %.3f  %,.0f tokens/s", loss, speed));
    }

    private static double smooth(double mean, double value) {
        return Double.isNaN(mean) ? value : SMOOTHING * mean + (1 - SMOOTHING) * value;
    }

    @Override
    public void validation(long step, Validation.Result result) {
        System.err.printf(
                Locale.ROOT,
                "%n  step %d: validation loss %.3f ± %.3f nats a token, perplexity %.1f%n",
                step,
                result.loss(),
                result.standardError(),
                result.perplexity());
    }

    @Override
    public void checkpoint(Path folder) {
        System.err.printf(Locale.ROOT, "%n  saved %s%n", folder);
    }

    @Override
    public void close() {
        bar.close();
    }
}
