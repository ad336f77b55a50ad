package dev.unmask.sample;

/** Masked positions in the order in which they would be unmasked. */
public interface Ranked {
    /**
     * How many there are.
     *
     * @return the number of positions
     */
    int size();

    /**
     * How sure the model is of the token proposed for a position.
     *
     * @param rank 0 for the first position
     * @return {@code p} in [0, 1]
     */
    double confidence(int rank);

    /**
     * How uncertain a position is.
     *
     * @param rank 0 for the first position
     * @return entropy, nats
     */
    double entropy(int rank);
}
