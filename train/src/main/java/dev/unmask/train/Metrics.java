package dev.unmask.train;

/** What a line of a run's {@code metrics.jsonl} says: that of a training step, or of a validation. */
public sealed interface Metrics permits StepMetrics, ValidationMetrics {
    /**
     * When it was.
     *
     * @return how many steps were done
     */
    long step();
}
