package dev.unmask.sample;

/** Among which positions the most confident ones of a step are sought. */
public enum SelectionScope {
    /** Within each sequence: the result of one does not depend on what else is in the batch. */
    SEQUENCE,
    /** Over the batch laid end to end, as the published code does; for reproducing its results. */
    BATCH
}
