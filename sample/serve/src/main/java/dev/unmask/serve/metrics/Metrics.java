package dev.unmask.serve.metrics;

import dev.unmask.serve.engine.EngineWatch;
import dev.unmask.serve.http.RequestWatch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;

/** What the server has done, in the text format of Prometheus, version 0.0.4. */
public final class Metrics implements EngineWatch, RequestWatch {
    private static final double[] SECONDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
    private static final double[] SEQUENCES = {1, 2, 4, 8, 16, 32, 64};

    /** A number of one name, by labels. */
    private static final class Counter {
        final Map<String, Double> values = new TreeMap<>();

        void add(String labels, double value) {
            values.merge(labels, value, Double::sum);
        }
    }

    /** How often a number was at most so large. */
    private static final class Histogram {
        final double[] bounds;
        final long[] counts;
        double sum;
        long count;

        Histogram(double... bounds) {
            this.bounds = bounds;
            this.counts = new long[bounds.length];
        }

        void add(double value) {
            for (int i = 0; i < bounds.length; i++) {
                counts[i] += value <= bounds[i] ? 1 : 0;
            }
            sum += value;
            count++;
        }
    }

    private record Gauge(String name, String help, DoubleSupplier value) {}

    private final Counter requests = new Counter();
    private final Map<String, Histogram> durations = new TreeMap<>();
    private final Histogram waiting = new Histogram(SECONDS);
    private final Histogram batches = new Histogram(SEQUENCES);
    private final Counter started = new Counter();
    private final Counter tokens = new Counter();
    private final List<Gauge> gauges = new ArrayList<>();
    private double computing;
    private double passes;

    /**
     * Adds a number that is asked for when somebody looks.
     *
     * @param name such as {@code unmask_queue_length}
     * @param help what it is
     * @param value asked for it
     */
    public synchronized void gauge(String name, String help, DoubleSupplier value) {
        gauges.add(new Gauge(name, help, value));
    }

    @Override
    public synchronized void answered(String route, int status, long nanoseconds) {
        requests.add("path=\"" + route + "\",status=\"" + status + "\"", 1);
        durations.computeIfAbsent("path=\"" + route + "\"", key -> new Histogram(SECONDS)).add(nanoseconds * 1e-9);
    }

    @Override
    public synchronized void started(String kind, int sequences) {
        started.add("kind=\"" + kind + "\"", 1);
        batches.add(sequences);
    }

    @Override
    public synchronized void waited(Duration time) {
        waiting.add(time.toNanos() * 1e-9);
    }

    @Override
    public synchronized void computed(Duration time) {
        computing += time.toNanos() * 1e-9;
    }

    /**
     * Tokens have been read and written.
     *
     * @param given tokens that were given
     * @param written tokens that the model chose
     * @param evaluations NFE: passes of the model over a sequence
     */
    public synchronized void written(int given, int written, int evaluations) {
        tokens.add("kind=\"given\"", given);
        tokens.add("kind=\"written\"", written);
        passes += evaluations;
    }

    /**
     * All numbers.
     *
     * @return a page
     */
    public synchronized String page() {
        StringBuilder page = new StringBuilder();
        counter(page, "unmask_requests_total", "Answers, by path and status; 499: the client had gone.", requests);
        head(page, "unmask_request_duration_seconds", "Time to an answer, its stream included.", "histogram");
        durations.forEach((labels, h) -> histogram(page, "unmask_request_duration_seconds", labels, h));
        counter(page, "unmask_batches_total", "Batches that went through the model.", started);
        head(page, "unmask_batch_sequences", "Sequences of a batch.", "histogram");
        histogram(page, "unmask_batch_sequences", "", batches);
        head(page, "unmask_queue_wait_seconds", "Time in the queue.", "histogram");
        histogram(page, "unmask_queue_wait_seconds", "", waiting);
        counter(page, "unmask_tokens_total", "Tokens, given and written.", tokens);
        single(page, "unmask_evaluations_total", "Passes of the model over a sequence (NFE).", "counter", passes);
        single(page, "unmask_engine_seconds_total", "Time in which the engine computed.", "counter", computing);
        gauges.forEach(g -> single(page, g.name, g.help, "gauge", g.value.getAsDouble()));
        return page.toString();
    }

    private static void head(StringBuilder page, String name, String help, String type) {
        page.append("# HELP ").append(name).append(' ').append(help).append('\n');
        page.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static void single(StringBuilder page, String name, String help, String type, double value) {
        head(page, name, help, type);
        page.append(name).append(' ').append(number(value)).append('\n');
    }

    private static void counter(StringBuilder page, String name, String help, Counter counter) {
        head(page, name, help, "counter");
        counter.values.forEach((labels, value) ->
                page.append(name).append('{').append(labels).append("} ").append(number(value)).append('\n'));
    }

    private static void histogram(StringBuilder page, String name, String labels, Histogram histogram) {
        String more = labels.isEmpty() ? "" : labels + ",";
        for (int i = 0; i < histogram.bounds.length; i++) {
            page.append(name)
                    .append("_bucket{")
                    .append(more)
                    .append("le=\"")
                    .append(number(histogram.bounds[i]))
                    .append("\"} ")
                    .append(histogram.counts[i])
                    .append('\n');
        }
        page.append(name).append("_bucket{").append(more).append("le=\"+Inf\"} ").append(histogram.count).append('\n');
        String braces = labels.isEmpty() ? "" : "{" + labels + "}";
        page.append(name).append("_sum").append(braces).append(' ').append(number(histogram.sum)).append('\n');
        page.append(name).append("_count").append(braces).append(' ').append(histogram.count).append('\n');
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.6g", value);
    }
}
