package dev.unmask.tornado;

/**
 * A device kernel in a task graph, whose grid of threads is set for each run.
 *
 * @param entry the kernel
 * @param turn which of the two cells names its row, see {@link Arguments}
 */
record GraphTask(Entry entry, int turn) {}
