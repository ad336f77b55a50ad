package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.Precision;
import dev.unmask.train.bench.Timings;

import java.util.Locale;

/** What all lines of a benchmark say alike. */
final class BenchLine {
    private BenchLine() {}

    static void put(ObjectNode line, Precision precision, int threads) {
        line.put("dtype", precision.name().toLowerCase(Locale.ROOT));
        line.put("threads", threads);
    }

    static void put(ObjectNode line, Timings timings) {
        line.put("step_ms", rounded(timings.medianMs(), 3));
        line.put("min_ms", rounded(timings.minMs(), 3));
        line.put("max_ms", rounded(timings.maxMs(), 3));
    }

    static double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }
}
