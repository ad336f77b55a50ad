package dev.unmask.tornado;

/**
 * Matrices of equal shape, row by row.
 *
 * @param address of the first
 * @param elements what they are, and where the address is
 * @param transposed whether a product takes the transpose of what is stored
 * @param width elements from one row to the next, as it is stored
 * @param step elements from one matrix to the next; 0 if there is one for all products
 */
record Matrix(long address, Elements elements, boolean transposed, int width, int step) {
    /** What is at an address. */
    enum Elements {
        /** Float32 in an array of floats. */
        FLOATS,
        /** Bfloat16 in an array of floats. */
        BFLOATS,
        /** Bfloat16 in the array of words. */
        BFLOATS_IN_WORDS
    }

    /** One matrix of float32 without gaps. */
    static Matrix of(long address, boolean transposed, int width) {
        return new Matrix(address, Elements.FLOATS, transposed, width, 0);
    }

    /** One matrix of bfloat16 without gaps, which is stored so. */
    static Matrix stored(long address, boolean transposed, int width) {
        return new Matrix(address, Elements.BFLOATS, transposed, width, 0);
    }

    /** One matrix of bfloat16 without gaps, from a word on. */
    static Matrix packed(int word, boolean transposed, int width) {
        return new Matrix(word, Elements.BFLOATS_IN_WORDS, transposed, width, 0);
    }

    /** Whether elements have 16 bits. */
    boolean isBfloat16() {
        return elements != Elements.FLOATS;
    }

    /** Where it is for a library. */
    long pointer(NativeQueue queue) {
        return elements == Elements.BFLOATS_IN_WORDS ? queue.words() + 4L * address : queue.pointer(address);
    }
}
