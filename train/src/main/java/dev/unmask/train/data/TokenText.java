package dev.unmask.train.data;

/** The tokens of a text: what runs train on, and what is known of all of it. */
public interface TokenText extends TokenBlocks {
    /**
     * The number of tokens, those that end documents included.
     *
     * @return at least 0
     */
    long tokens();

    /**
     * The number of documents.
     *
     * @return at least 0; 0 where that is not known
     */
    long documents();

    /**
     * The size of the vocabulary: all ids are below it.
     *
     * @return {@code V}
     */
    int vocabulary();

    /**
     * Counts all tokens.
     *
     * @param counts {@code [V]}: how often each id occurs is added
     */
    void count(long[] counts);
}
