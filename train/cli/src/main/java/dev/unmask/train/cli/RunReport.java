package dev.unmask.train.cli;

import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.train.Metrics;
import dev.unmask.train.RunSamples;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.ValidationMetrics;
import dev.unmask.train.experiment.Html;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * {@code report.html}: a run on one page that needs nothing else, neither files nor a network nor scripts.
 *
 * @param title what was trained on what
 * @param metrics all of it
 * @param samples how the model went on with held-out texts
 * @param configuration as JSON
 */
record RunReport(String title, List<Metrics> metrics, List<RunSamples.Written> samples, String configuration) {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 240;
    private static final int LEFT = 64;
    private static final int BOTTOM = 28;

    /** More points than pixels show nothing more. */
    private static final int POINTS = 1000;

    /** Of each text. */
    private static final int SAMPLES = 12;

    private static final double SMOOTHING = 0.95;

    private static final String STYLE =
            "body{font:15px system-ui,sans-serif;max-width:760px;margin:2em auto;padding:0"
                + " 1em;color:#222}svg{display:block;margin:.5em 0"
                + " 1.5em}pre{background:#f4f4f4;padding:1em;overflow:auto;white-space:pre-wrap}td{vertical-align:top;padding:.1em"
                + " .8em .3em 0;white-space:pre-wrap}td:first-child{color:#777}"
                + "h2{font-size:1.05em;margin:0}text{font-size:11px;fill:#555}";

    private record Point(double x, double y) {}

    RunReport {
        metrics = List.copyOf(metrics);
        samples = List.copyOf(samples);
    }

    void write(Path file) throws IOException {
        AtomicFiles.write(file, html());
    }

    String html() {
        List<StepMetrics> steps = new ArrayList<>();
        List<Point> validation = new ArrayList<>();
        for (Metrics line : metrics) {
            switch (line) {
                case StepMetrics step -> steps.add(step);
                case ValidationMetrics measured -> validation.add(new Point(measured.step(), measured.loss()));
            }
        }
        StringBuilder page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>");
        page.append(Html.escaped(title)).append("</title><style>").append(STYLE).append("</style>\n<h1>");
        page.append(Html.escaped(title)).append("</h1>\n<p>").append(Html.escaped(summary(steps, validation))).append("</p>\n");
        RunningMean mean = new RunningMean(SMOOTHING);
        chart(page, "Training loss, running mean, nats a token", points(steps, step -> mean.with(step.loss())));
        chart(page, "Validation loss, nats a token", validation);
        chart(page, "Learning rate", points(steps, StepMetrics::learningRate));
        chart(page, "Norm of the gradients before clipping", points(steps, StepMetrics::gradientNorm));
        chart(page, "Tokens a second", points(steps, StepMetrics::tokensPerSecond));
        chart(
                page,
                "Share of the machine's peak",
                steps.stream()
                        .filter(step -> step.ofPeak().isPresent())
                        .map(step -> new Point(step.step(), step.ofPeak().getAsDouble()))
                        .toList());
        samples(page);
        page.append("<h2>Configuration</h2>\n<pre>").append(Html.escaped(configuration)).append("</pre>\n</html>\n");
        return page.toString();
    }

    /** Each text with what was made of it, step after step; of many steps some. */
    private void samples(StringBuilder page) {
        if (samples.isEmpty()) {
            return;
        }
        page.append("<h2>Samples over time</h2>\n");
        Map<String, List<RunSamples.Written>> byText = new LinkedHashMap<>();
        samples.forEach(each -> byText.computeIfAbsent(each.given(), _ -> new ArrayList<>()).add(each));
        byText.forEach((given, all) -> {
            page.append("<p><b>").append(Html.escaped(given)).append("</b> …</p>\n<table>");
            int every = (all.size() + SAMPLES - 1) / SAMPLES;
            for (int i = 0; i < all.size(); i++) {
                // The last always, and from there back.
                if ((all.size() - 1 - i) % every == 0) {
                    page.append("<tr><td>")
                            .append(all.get(i).step())
                            .append("</td><td>")
                            .append(Html.escaped(all.get(i).made()))
                            .append("</td></tr>\n");
                }
            }
            page.append("</table>\n");
        });
    }

    private static String summary(List<StepMetrics> steps, List<Point> validation) {
        if (steps.isEmpty()) {
            return "No step has been made yet.";
        }
        double seconds = steps.stream().mapToDouble(StepMetrics::seconds).sum();
        long tokens = steps.stream().mapToLong(StepMetrics::tokens).sum();
        return String.format(
                Locale.ROOT,
                "%,d steps, %,d tokens in %,.0f seconds of training, %,.0f tokens a second%s.",
                steps.getLast().step(),
                tokens,
                seconds,
                tokens / seconds,
                validation.isEmpty()
                        ? ""
                        : String.format(Locale.ROOT, "; validation loss %.3f", validation.getLast().y()));
    }

    private static List<Point> points(List<StepMetrics> steps, ToDoubleFunction<StepMetrics> number) {
        return steps.stream().map(step -> new Point(step.step(), number.applyAsDouble(step))).toList();
    }

    private static void chart(StringBuilder page, String name, List<Point> all) {
        List<Point> points = all.stream().filter(point -> Double.isFinite(point.y())).toList();
        if (points.size() < 2) {
            return;
        }
        double low = points.stream().mapToDouble(Point::y).min().orElseThrow();
        double high = points.stream().mapToDouble(Point::y).max().orElseThrow();
        double first = points.getFirst().x();
        double last = points.getLast().x();
        double height = high > low ? high - low : 1;
        double width = last > first ? last - first : 1;
        int every = (points.size() + POINTS - 1) / POINTS;
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < points.size(); i++) {
            if (i % every == 0 || i == points.size() - 1) {
                double x = LEFT + (points.get(i).x() - first) / width * (WIDTH - LEFT - 8);
                double y = 8 + (high - points.get(i).y()) / height * (HEIGHT - BOTTOM - 8);
                line.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
            }
        }
        page.append("<h2>").append(Html.escaped(name)).append("</h2>\n");
        page.append(
                String.format(
                        Locale.ROOT,
                        "<svg viewBox=\"0 0 %d %d\" width=\"100%%\"><rect x=\"%d\" y=\"8\" width=\"%d\" height=\"%d\""
                                + " fill=\"none\" stroke=\"#ccc\"/><polyline fill=\"none\" stroke=\"#1f5fa8\""
                                + " stroke-width=\"1.5\" points=\"%s\"/>",
                        WIDTH,
                        HEIGHT,
                        LEFT,
                        WIDTH - LEFT - 8,
                        HEIGHT - BOTTOM - 8,
                        line.toString().strip()));
        label(page, LEFT - 6, 16, "end", written(high));
        label(page, LEFT - 6, HEIGHT - BOTTOM, "end", written(low));
        label(page, LEFT, HEIGHT - 8, "start", "step " + written(first));
        label(page, WIDTH - 8, HEIGHT - 8, "end", written(last));
        page.append("</svg>\n");
    }

    private static void label(StringBuilder page, int x, int y, String anchor, String text) {
        page.append(
                String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>", x, y, anchor, text));
    }

    /** Short enough to stand beside a chart, and without powers of ten where people write none. */
    private static String written(double value) {
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e9 || size >= 1000 && size < 1e9) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return size < 1e-4 || size >= 1e9
                ? String.format(Locale.ROOT, "%.2e", value)
                : new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros().toPlainString();
    }
}
