package dev.unmask.train.experiment;

import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A picture of measured points with their errors, and of curves fitted to them. */
public final class LineChart {
    private static final Color[] COLORS = {
        new Color(0x1F5FA8), new Color(0xD1495B), new Color(0x2E8B57), new Color(0xE08E1B), new Color(0x6A4C93),
        new Color(0x4A4A4A), new Color(0x17A2A8), new Color(0x8C564B)
    };

    private final XYChart chart;
    private int color;

    /**
     * A point that was measured.
     *
     * @param x where
     * @param y the mean over seeds
     * @param error its standard error
     */
    public record Point(double x, double y, double error) {}

    /**
     * An empty picture.
     *
     * @param title what stands above it
     * @param x what is along it
     * @param y what is up it
     */
    public LineChart(String title, String x, String y) {
        this.chart = new XYChartBuilder().width(1000).height(600).title(title).xAxisTitle(x).yAxisTitle(y).build();
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
    }

    /**
     * Makes the axis along it logarithmic.
     *
     * @return this picture
     */
    public LineChart logX() {
        chart.getStyler().setXAxisLogarithmic(true);
        return this;
    }

    /**
     * Adds points joined by a line, with error bars, in a colour of their own.
     *
     * @param name for the legend
     * @param points at least one, from left to right
     * @return this picture
     */
    public LineChart line(String name, List<Point> points) {
        XYSeries series = add(name, points);
        series.setMarker(SeriesMarkers.CIRCLE);
        return this;
    }

    /**
     * Adds points without a line, with error bars, in a colour of their own.
     *
     * @param name for the legend
     * @param points at least one
     * @return this picture
     */
    public LineChart points(String name, List<Point> points) {
        XYSeries series = add(name, points);
        series.setMarker(SeriesMarkers.CIRCLE);
        series.setLineStyle(new BasicStroke(0));
        series.setLineColor(new Color(0, 0, 0, 0));
        return this;
    }

    /**
     * Adds a curve in the colour of what was added last.
     *
     * @param name for the legend
     * @param points at least two, from left to right
     * @return this picture
     */
    public LineChart curve(String name, List<Point> points) {
        color--;
        XYSeries series =
                chart.addSeries(
                        name,
                        points.stream().mapToDouble(Point::x).toArray(),
                        points.stream().mapToDouble(Point::y).toArray());
        series.setMarker(SeriesMarkers.NONE);
        series.setLineColor(next());
        return this;
    }

    private XYSeries add(String name, List<Point> points) {
        XYSeries series =
                chart.addSeries(
                        name,
                        points.stream().mapToDouble(Point::x).toArray(),
                        points.stream().mapToDouble(Point::y).toArray(),
                        points.stream().mapToDouble(Point::error).toArray());
        Color own = next();
        series.setLineColor(own);
        series.setMarkerColor(own);
        return series;
    }

    private Color next() {
        return COLORS[Math.floorMod(color++, COLORS.length)];
    }

    /**
     * Draws it.
     *
     * @param png where to
     * @throws IOException if it cannot be written
     */
    public void save(Path png) throws IOException {
        BitmapEncoder.saveBitmap(chart, png.toString(), BitmapEncoder.BitmapFormat.PNG);
    }
}
