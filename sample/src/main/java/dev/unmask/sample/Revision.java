package dev.unmask.sample;

/**
 * A step on its way to being carried out: masked positions in the order in which they are unmasked, and tokens that
 * were placed in earlier steps, ascending by position.
 */
public interface Revision {
    /**
     * The step.
     *
     * @return its number and random numbers
     */
    Step step();

    /**
     * How many positions are masked.
     *
     * @return the number of ranks
     */
    int masked();

    /**
     * How many of them are unmasked, the first ones.
     *
     * @return what the count said, or {@link #take}
     */
    int taken();

    /**
     * Unmasks another number of positions.
     *
     * @param count 0 to {@link #masked}
     */
    void take(int count);

    /**
     * The score of a masked position in the order of the sampler.
     *
     * @param rank 0 for the first
     * @return the higher, the earlier
     */
    double maskedScore(int rank);

    /**
     * How many tokens were placed before.
     *
     * @return their number
     */
    int placed();

    /**
     * A placed token.
     *
     * @param index which one
     * @return its id
     */
    int token(int index);

    /**
     * How sure the model was when it was placed.
     *
     * @param index which one
     * @return {@code ln p}
     */
    double logConfidence(int index);

    /**
     * What the model would place now, where {@link Remasking#looksAgain}.
     *
     * @param index which one
     * @return a token id
     */
    int proposal(int index);

    /**
     * How sure the model is of that.
     *
     * @param index which one
     * @return {@code ln p}
     */
    double proposalLogConfidence(int index);

    /**
     * The score of what the model would place now, in the order of the sampler.
     *
     * @param index which one
     * @return the higher, the earlier
     */
    double score(int index);

    /**
     * A random number of the position of a placed token.
     *
     * @param index which one
     * @return a number in (0, 1)
     */
    double draw(int index);

    /**
     * Masks a placed token again.
     *
     * @param index which one
     */
    void mask(int index);

    /**
     * Replaces a placed token by what the model would place now.
     *
     * @param index which one
     */
    void replace(int index);
}
