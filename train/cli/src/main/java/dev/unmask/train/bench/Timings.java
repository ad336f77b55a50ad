package dev.unmask.train.bench;

import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * Times of a piece of work.
 *
 * @param medianMs median of the runs, milliseconds
 * @param meanMs mean of the runs
 * @param minMs the fastest run
 * @param maxMs the slowest run
 * @param allocatedBytes bytes that all threads together allocated on the heap in the last run
 */
public record Timings(double medianMs, double meanMs, double minMs, double maxMs, long allocatedBytes) {
    /**
     * Measures a piece of work.
     *
     * @param warmup what runs before and is not measured
     * @param runs runs that are, at least 1
     * @param work the work
     * @param warm called once before the first measured run
     * @return the times
     */
    public static Timings of(Warmup warmup, int runs, Runnable work, Runnable warm) {
        warmup.run(work);
        warm.run();
        double[] times = new double[runs];
        long allocated = 0;
        for (int i = 0; i < runs; i++) {
            long before = allocatedByAllThreads();
            long start = System.nanoTime();
            work.run();
            times[i] = (System.nanoTime() - start) * 1e-6;
            allocated = allocatedByAllThreads() - before;
        }
        Arrays.sort(times);
        return new Timings(times[runs / 2], Arrays.stream(times).sum() / runs, times[0], times[runs - 1], allocated);
    }

    private static long allocatedByAllThreads() {
        return ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads
                ? threads.getTotalThreadAllocatedBytes()
                : 0;
    }
}
