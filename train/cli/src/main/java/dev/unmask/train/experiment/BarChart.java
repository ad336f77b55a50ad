package dev.unmask.train.experiment;

import dev.unmask.tensor.io.AtomicFiles;

import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A picture of shares in per cent, side by side. */
public final class BarChart {
    private static final int FULL = 100;

    /** Light enough for black numbers. */
    private static final Color[] COLORS = {new Color(0x6FA3DB), new Color(0xE08E1B)};

    private final CategoryChart chart;
    private final List<String> groups;

    /**
     * An empty picture.
     *
     * @param title what stands above it
     * @param y what is up it
     * @param groups what stands below each group of bars
     */
    public BarChart(String title, String y, List<String> groups) {
        this.groups = List.copyOf(groups);
        this.chart = new CategoryChartBuilder().width(1000).height(520).title(title).yAxisTitle(y).build();
        chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setYAxisMin(0.0).setYAxisMax((double) FULL);
        chart.getStyler().setLabelsVisible(true);
        // The library would write white on dark bars, and so on no bar at all where the share is none.
        chart.getStyler().setLabelsFontColorAutomaticEnabled(false);
        chart.getStyler().setLabelsFontColor(Color.BLACK);
        chart.getStyler().setSeriesColors(COLORS);
        chart.getStyler().setAvailableSpaceFill(0.7);
        // In bold the names of four groups would run into each other.
        chart.getStyler().setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    }

    /**
     * Adds a bar to every group.
     *
     * @param name for the legend
     * @param shares from 0 to 1, one for each group
     * @return this picture
     */
    public BarChart bars(String name, List<Double> shares) {
        chart.addSeries(name, groups, shares.stream().map(share -> (double) Math.round(share * FULL)).toList());
        return this;
    }

    /**
     * Adds a bar to every group.
     *
     * @param name for the legend
     * @param shares from 0 to 1, one for each group
     * @param errors their standard errors
     * @return this picture
     */
    public BarChart bars(String name, List<Double> shares, List<Double> errors) {
        chart.addSeries(
                name,
                groups,
                shares.stream().map(share -> (double) Math.round(share * FULL)).toList(),
                // A bar of no length would strike its number out.
                errors.stream().map(error -> error == 0 ? Double.NaN : error * FULL).toList());
        return this;
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
