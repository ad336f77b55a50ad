package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.train.Metrics;
import dev.unmask.train.MetricsFile;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.ValidationMetrics;

import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

import java.awt.Color;
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

    private static final Color[] COLORS = {
        new Color(0x1F5FA8), new Color(0xD1495B), new Color(0x2E8B57), new Color(0xE08E1B), new Color(0x6A4C93)
    };

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
        List<Double> steps = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        List<Double> smooth = new ArrayList<>();
        List<Double> validationSteps = new ArrayList<>();
        List<Double> validationLosses = new ArrayList<>();
        RunningMean mean = new RunningMean(SMOOTHING);
        for (Metrics line : MetricsFile.read(metrics)) {
            double step = line.step();
            switch (line) {
                case StepMetrics training -> {
                    if (Double.isFinite(training.loss())) {
                        steps.add(step);
                        losses.add(training.loss());
                        smooth.add(mean.with(training.loss()));
                    }
                }
                case ValidationMetrics validation -> {
                    validationSteps.add(step);
                    validationLosses.add(validation.loss());
                }
            }
        }
        if (steps.isEmpty()) {
            return;
        }
        XYChart chart = chart(title, "step");
        add(chart, "training, each step", steps, losses, new Color(0xC8D6E5));
        add(chart, "training, running mean", steps, smooth, new Color(0x1F5FA8));
        if (!validationSteps.isEmpty()) {
            add(chart, "validation", validationSteps, validationLosses, new Color(0xD1495B));
        }
        unigramEntropy.ifPresent(entropy ->
                add(
                        chart,
                        "unigram entropy",
                        List.of(steps.getFirst(), steps.getLast()),
                        List.of(entropy, entropy),
                        new Color(0x7A7A7A)));
        BitmapEncoder.saveBitmap(chart, png.toString(), BitmapEncoder.BitmapFormat.PNG);
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
        XYChart chart = chart(title, axis.label);
        int color = 0;
        for (Map.Entry<String, Path> run : metrics.entrySet()) {
            Series training = new Series();
            Series validation = new Series();
            RunningMean mean = new RunningMean(SMOOTHING);
            double place = 0;
            for (Metrics line : MetricsFile.read(run.getValue())) {
                switch (line) {
                    case StepMetrics step -> {
                        double value = axis.of.applyAsDouble(step);
                        place = axis == Axis.STEP ? value : place + value;
                        if (Double.isFinite(step.loss())) {
                            training.add(place, mean.with(step.loss()));
                        }
                    }
                    case ValidationMetrics measured -> validation.add(place, measured.loss());
                }
            }
            if (training.x.isEmpty()) {
                throw new InputException(
                        run.getValue() + " holds no training step; give the folder of a run that has begun");
            }
            add(chart, run.getKey(), training.x, training.y, COLORS[color % COLORS.length]);
            if (!validation.x.isEmpty()) {
                add(
                        chart,
                        run.getKey() + ", validation",
                        validation.x,
                        validation.y,
                        COLORS[color % COLORS.length].brighter());
            }
            color++;
        }
        BitmapEncoder.saveBitmap(chart, png.toString(), BitmapEncoder.BitmapFormat.PNG);
    }

    private record Series(List<Double> x, List<Double> y) {
        Series() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(double place, double value) {
            x.add(place);
            y.add(value);
        }
    }

    private static XYChart chart(String title, String xAxis) {
        XYChart chart =
                new XYChartBuilder()
                        .width(1000)
                        .height(600)
                        .title(title)
                        .xAxisTitle(xAxis)
                        .yAxisTitle("loss, nats a token")
                        .build();
        chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        return chart;
    }

    private static void add(XYChart chart, String name, List<Double> x, List<Double> y, Color color) {
        chart.addSeries(name, x, y).setMarker(SeriesMarkers.NONE).setLineColor(color);
    }
}
