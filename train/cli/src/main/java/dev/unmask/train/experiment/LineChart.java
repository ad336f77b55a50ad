package dev.unmask.train.experiment;

import dev.unmask.tensor.io.AtomicFiles;

import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

import java.awt.Color;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** A picture of measured points with their errors, of curves fitted to them, and of what went on over time. */
public final class LineChart {
    private static final List<Color> COLORS =
            List.of(
                    new Color(0x1F5FA8),
                    new Color(0xD1495B),
                    new Color(0x2E8B57),
                    new Color(0xE08E1B),
                    new Color(0x6A4C93),
                    new Color(0x4A4A4A),
                    new Color(0x17A2A8),
                    new Color(0x8C564B),
                    new Color(0x7CB342),
                    new Color(0xE377C2));

    /** Points of a curve. */
    private static final int SMOOTH = 100;

    private final XYChart chart;
    private DoubleUnaryOperator along = DoubleUnaryOperator.identity();
    private DoubleUnaryOperator back = DoubleUnaryOperator.identity();
    private int color;

    /** What a line of many points is drawn in. */
    public enum Shade {
        /** A colour of its own. */
        OWN,
        /** Lighter than the line before it. */
        LIGHTER,
        /** What is left of the colour of the line after it. */
        PALE,
        /** None: what others are compared with. */
        GREY
    }

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
        chart.getStyler().setErrorBarsColorSeriesColor(true);
    }

    /**
     * Makes the axis along it logarithmic; to be said before anything is added.
     *
     * @return this picture
     */
    public LineChart logX() {
        // An axis that is logarithmic for XChart itself has labels at powers of ten alone.
        along = Math::log10;
        back = logarithm -> Math.pow(10, logarithm);
        chart.getStyler().setxAxisTickLabelsFormattingFunction(logarithm -> rounded(back.applyAsDouble(logarithm)));
        return this;
    }

    private static String rounded(double value) {
        BigDecimal two = new BigDecimal(value).round(new MathContext(2));
        return value < 1e6
                ? new DecimalFormat("#,##0.#####", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(two)
                : String.format(Locale.ROOT, "%.1e", two).replace(".0e", "e").replace("e+", "e");
    }

    /**
     * Writes names along it, of places 0, 1 and so on.
     *
     * @param names one for each place that has a point
     * @return this picture
     */
    public LineChart placesAlongX(List<String> names) {
        chart.getStyler()
                .setxAxisTickLabelsFormattingFunction(
                        place -> place == Math.rint(place) ? names.get(place.intValue()) : "");
        return this;
    }

    /**
     * Puts the legend into the picture, above falling lines.
     *
     * @return this picture
     */
    public LineChart legendInside() {
        chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
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
        series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        return this;
    }

    /**
     * Adds a curve in the colour of what was added last.
     *
     * @param name for the legend
     * @param of how high it is at any place
     * @param from where it begins
     * @param to where it ends, further to the right
     * @return this picture
     */
    public LineChart curve(String name, DoubleUnaryOperator of, double from, double to) {
        double first = along.applyAsDouble(from);
        double last = along.applyAsDouble(to);
        double[] x = IntStream.rangeClosed(0, SMOOTH).mapToDouble(i -> first + (last - first) * i / SMOOTH).toArray();
        double[] y = DoubleStream.of(x).map(place -> of.applyAsDouble(back.applyAsDouble(place))).toArray();
        color--;
        plain(chart.addSeries(name, x, y), next());
        return this;
    }

    /**
     * Adds a line of many points.
     *
     * @param name for the legend
     * @param points at least one, from left to right
     * @param shade of the line
     * @return this picture
     */
    public LineChart trace(String name, List<Point> points, Shade shade) {
        double[] x = x(points);
        double[] y = points.stream().mapToDouble(Point::y).toArray();
        plain(chart.addSeries(name, x, y), color(shade));
        if (points.size() > 1) {
            // Where all values are equally spaced, as steps are, XChart's ticks are some of them: 1, 11, 21.
            double between = x[0] + (x[1] - x[0]) / 3;
            chart.addSeries(name + ", ticks", new double[] {between}, new double[] {y[0]})
                    .setMarker(SeriesMarkers.NONE)
                    .setShowInLegend(false);
        }
        return this;
    }

    private static void plain(XYSeries series, Color color) {
        series.setMarker(SeriesMarkers.NONE).setLineColor(color);
    }

    private double[] x(List<Point> points) {
        return points.stream().mapToDouble(Point::x).map(along).toArray();
    }

    private XYSeries add(String name, List<Point> points) {
        XYSeries series =
                chart.addSeries(
                        name,
                        x(points),
                        points.stream().mapToDouble(Point::y).toArray(),
                        points.stream().mapToDouble(Point::error).toArray());
        Color own = next();
        series.setLineColor(own);
        series.setMarkerColor(own);
        return series;
    }

    private Color color(Shade shade) {
        return switch (shade) {
            case OWN -> next();
            case LIGHTER -> at(color - 1).brighter();
            case PALE -> pale(at(color));
            case GREY -> Color.GRAY;
        };
    }

    private static Color pale(Color full) {
        return new Color(pale(full.getRed()), pale(full.getGreen()), pale(full.getBlue()));
    }

    private static int pale(int part) {
        return 255 - (255 - part) / 4;
    }

    private Color next() {
        return at(color++);
    }

    private static Color at(int number) {
        return COLORS.get(Math.floorMod(number, COLORS.size()));
    }

    /**
     * Draws it.
     *
     * @param png where to
     * @throws IOException if it cannot be written
     */
    public void save(Path png) throws IOException {
        // In one piece, and with a reason where it fails: the library leaves half a picture, and says "I/O error".
        AtomicFiles.write(png, BitmapEncoder.getBitmapBytes(chart, BitmapEncoder.BitmapFormat.PNG));
    }
}
