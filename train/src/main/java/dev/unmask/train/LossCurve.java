package dev.unmask.train;

import com.fasterxml.jackson.databind.node.ObjectNode;

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
import java.util.OptionalDouble;

/** A picture of a run: training and validation loss over steps. */
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
        List<Double> steps = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        List<Double> smooth = new ArrayList<>();
        List<Double> validationSteps = new ArrayList<>();
        List<Double> validationLosses = new ArrayList<>();
        double mean = 0;
        double weight = 0;
        for (ObjectNode line : MetricsFile.read(metrics)) {
            double step = line.path("step").asDouble();
            if (line.has("loss")) {
                mean = SMOOTHING * mean + (1 - SMOOTHING) * line.path("loss").asDouble();
                weight = SMOOTHING * weight + (1 - SMOOTHING);
                steps.add(step);
                losses.add(line.path("loss").asDouble());
                smooth.add(mean / weight);
            } else if (line.has("validation_loss")) {
                validationSteps.add(step);
                validationLosses.add(line.path("validation_loss").asDouble());
            }
        }
        if (steps.isEmpty()) {
            return;
        }
        XYChart chart =
                new XYChartBuilder()
                        .width(1000)
                        .height(600)
                        .title(title)
                        .xAxisTitle("step")
                        .yAxisTitle("loss, nats a token")
                        .build();
        chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
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

    private static void add(XYChart chart, String name, List<Double> x, List<Double> y, Color color) {
        chart.addSeries(name, x, y).setMarker(SeriesMarkers.NONE).setLineColor(color);
    }
}
