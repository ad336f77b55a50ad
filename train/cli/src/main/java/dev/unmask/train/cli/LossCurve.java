package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.train.Metrics;
import dev.unmask.train.MetricsFile;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.ValidationMetrics;
import dev.unmask.train.experiment.LineChart;
import dev.unmask.train.experiment.LineChart.Point;
import dev.unmask.train.experiment.LineChart.Shade;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** Pictures of runs: training and validation loss. */
public final class LossCurve {
    private static final double SMOOTHING = 0.95;

    private LossCurve() {}

    /**
     * Draws {@code metrics.jsonl}.
     *
     * @param metrics the file of the run
     * @param title what stands above the picture
     * @param unigramEntropy a line to compare with, nats a token: what a model that knows only frequencies reaches
     * @param png where to
     * @throws IOException if a file cannot be read or written
     */
    public static void draw(Path metrics, String title, OptionalDouble unigramEntropy, Path png) throws IOException {
        List<Point> losses = new ArrayList<>();
        List<Point> smooth = new ArrayList<>();
        List<Point> validation = new ArrayList<>();
        RunningMean mean = new RunningMean(SMOOTHING);
        for (Metrics line : MetricsFile.read(metrics)) {
            switch (line) {
                case StepMetrics step -> {
                    if (Double.isFinite(step.loss())) {
                        losses.add(point(step.step(), step.loss()));
                        smooth.add(point(step.step(), mean.with(step.loss())));
                    }
                }
                case ValidationMetrics measured -> validation.add(point(measured.step(), measured.loss()));
            }
        }
        if (losses.isEmpty()) {
            return;
        }
        LineChart chart =
                chart(title, Axis.STEP)
                        .trace("training, each step", losses, Shade.PALE)
                        .trace("training, running mean", smooth, Shade.OWN);
        if (!validation.isEmpty()) {
            chart.trace("validation", validation, Shade.OWN);
        }
        unigramEntropy.ifPresent(entropy ->
                chart.trace(
                        "unigram entropy",
                        List.of(point(losses.getFirst().x(), entropy), point(losses.getLast().x(), entropy)),
                        Shade.GREY));
        chart.save(png);
    }

    /** What losses are drawn over. */
    public enum Axis {
        /** Training steps. */
        STEP("step", StepMetrics::step),
        /** Tokens seen. */
        TOKENS("tokens", StepMetrics::tokens),
        /** Seconds of training, pauses left out. */
        SECONDS("seconds", StepMetrics::seconds);

        private final String label;
        private final ToDoubleFunction<StepMetrics> of;

        Axis(String label, ToDoubleFunction<StepMetrics> of) {
            this.label = label;
            this.of = of;
        }
    }

    /**
     * Draws the running means of some runs, and their validations, into one picture.
     *
     * @param metrics the {@code metrics.jsonl} of each run, by the run's name, in the order to draw
     * @param axis what to draw over
     * @param title what stands above the picture
     * @param png where to
     * @throws IOException if a file cannot be read or written
     */
    public static void compare(Map<String, Path> metrics, Axis axis, String title, Path png) throws IOException {
        LineChart chart = chart(title, axis);
        for (Map.Entry<String, Path> run : metrics.entrySet()) {
            List<Point> training = new ArrayList<>();
            List<Point> validation = new ArrayList<>();
            RunningMean mean = new RunningMean(SMOOTHING);
            double place = 0;
            for (Metrics line : MetricsFile.read(run.getValue())) {
                switch (line) {
                    case StepMetrics step -> {
                        double value = axis.of.applyAsDouble(step);
                        place = axis == Axis.STEP ? value : place + value;
                        if (Double.isFinite(step.loss())) {
                            training.add(point(place, mean.with(step.loss())));
                        }
                    }
                    case ValidationMetrics measured -> validation.add(point(place, measured.loss()));
                }
            }
            if (training.isEmpty()) {
                throw new InputException(
                        run.getValue() + " holds no training step; give the folder of a run that has begun");
            }
            chart.trace(run.getKey(), training, Shade.OWN);
            if (!validation.isEmpty()) {
                chart.trace(run.getKey() + ", validation", validation, Shade.LIGHTER);
            }
        }
        chart.save(png);
    }

    private static LineChart chart(String title, Axis axis) {
        return new LineChart(title, axis.label, "loss, nats a token").legendInside();
    }

    private static Point point(double x, double y) {
        return new Point(x, y, 0);
    }
}
