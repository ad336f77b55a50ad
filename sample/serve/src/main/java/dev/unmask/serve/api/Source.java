package dev.unmask.serve.api;

/** What is gone on with. */
sealed interface Source {
    /**
     * A text.
     *
     * @param before what stands before what is to be written
     * @param after what stands behind it, possibly nothing
     */
    record Text(String before, String after) implements Source {}

    /**
     * Tokens.
     *
     * @param ids what stands before what is to be written, possibly none
     */
    record Tokens(int[] ids) implements Source {}
}
