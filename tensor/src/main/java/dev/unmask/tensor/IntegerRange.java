package dev.unmask.tensor;

/** The smallest and the largest of some integers; of none, nothing lies outside any bounds. */
final class IntegerRange {
    private int lowest = Integer.MAX_VALUE;
    private int highest = Integer.MIN_VALUE;

    void include(int value) {
        lowest = Math.min(lowest, value);
        highest = Math.max(highest, value);
    }

    /** Whether all are at least 0 and below an end. */
    boolean isBelow(long end) {
        return lowest >= 0 && highest < end;
    }
}
