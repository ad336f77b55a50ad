package dev.unmask.tensor.program;

import dev.unmask.tensor.kernel.Kernel;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How often each kind of kernel ran and how long it took, as a backend that is asked for it counts along. */
public final class KernelTimes {
    private final Map<Class<? extends Kernel>, Sum> sums = new HashMap<>();

    private static final class Sum {
        private long calls;
        private long nanos;
    }

    /**
     * The runs of one kind of kernel.
     *
     * @param kind the name of its record: {@code Gemm}
     * @param calls how many
     * @param nanos how long they took together, nanoseconds
     */
    public record Entry(String kind, long calls, long nanos) {}

    /** Nothing counted yet. */
    public KernelTimes() {}

    /**
     * Counts one run.
     *
     * @param kind what ran
     * @param nanos how long it took
     */
    public void add(Class<? extends Kernel> kind, long nanos) {
        Sum sum = sums.computeIfAbsent(kind, any -> new Sum());
        sum.calls++;
        sum.nanos += nanos;
    }

    /**
     * What was counted.
     *
     * @return an entry for each kind that ran, the longest first
     */
    public List<Entry> entries() {
        return sums.entrySet().stream()
                .map(each -> new Entry(each.getKey().getSimpleName(), each.getValue().calls, each.getValue().nanos))
                .sorted(Comparator.comparingLong(Entry::nanos).reversed().thenComparing(Entry::kind))
                .toList();
    }
}
