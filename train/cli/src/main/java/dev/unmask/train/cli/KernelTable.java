package dev.unmask.train.cli;

import dev.unmask.tensor.program.KernelTimes;

import java.util.List;
import java.util.Locale;

/** Where the time of a run goes, as lines of text. */
final class KernelTable {
    private static final String LINE = "%-22s %8s %10s %7s%n";

    private KernelTable() {}

    /**
     * A line for each kind of kernel, the longest first, and one for what is not in a kernel.
     *
     * @param kernels what ran
     * @param meanMs the time of a run
     * @param runs how many runs there were
     * @return calls and milliseconds of one run, and shares
     */
    static String of(List<KernelTimes.Entry> kernels, double meanMs, int runs) {
        StringBuilder table = new StringBuilder(String.format(Locale.ROOT, LINE, "kernel", "calls", "ms", "share"));
        double rest = meanMs;
        for (KernelTimes.Entry entry : kernels) {
            double ms = entry.nanos() * 1e-6 / runs;
            table.append(line(entry.kind(), Long.toString(entry.calls() / runs), ms, meanMs));
            rest -= ms;
        }
        return table.append(line("outside kernels", "", rest, meanMs)).toString();
    }

    private static String line(String kind, String calls, double ms, double meanMs) {
        return String.format(
                Locale.ROOT,
                LINE,
                kind,
                calls,
                String.format(Locale.ROOT, "%.2f", ms),
                String.format(Locale.ROOT, "%.1f%%", 100 * ms / meanMs));
    }
}
