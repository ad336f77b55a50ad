package dev.unmask.tensor;

/** The smallest and the largest of some integers; of none, nothing lies outside any bounds. */
public final class IntegerRange {
    private int lowest = Integer.MAX_VALUE;
    private int highest = Integer.MIN_VALUE;

    /** Of no integers. */
    IntegerRange() {}

    void include(int value) {
        lowest = Math.min(lowest, value);
        highest = Math.max(highest, value);
    }

    /**
     * Whether all are at least 0 and below an end.
     *
     * @param end the end
     * @return true of no integers
     */
    public boolean isBelow(long end) {
        return lowest >= 0 && highest < end;
    }
}
