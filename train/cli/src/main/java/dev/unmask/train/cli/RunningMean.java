package dev.unmask.train.cli;

/**
 * A running mean of what steps have measured, in which the newest weigh most. What is no number, as the loss of a step
 * that was left out may be, does not count: it would be in every mean from there on.
 */
final class RunningMean {
    private final double keep;
    private double sum;
    private double weight;

    /**
     * The mean of nothing yet.
     *
     * @param keep how much a number weighs against the one after it, below 1
     */
    RunningMean(double keep) {
        this.keep = keep;
    }

    /** The mean with one more; not a number before the first that is one. */
    double with(double value) {
        if (Double.isFinite(value)) {
            sum = keep * sum + (1 - keep) * value;
            weight = keep * weight + (1 - keep);
        }
        return sum / weight;
    }
}
