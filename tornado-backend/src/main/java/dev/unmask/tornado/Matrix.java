package dev.unmask.tornado;

/**
 * Matrices of equal shape, row by row.
 *
 * @param address of the first: in an array of floats, or, if packed, in that of words as an array of 16 bits
 * @param packed whether elements are bfloat16
 * @param transposed whether a product takes the transpose of what is stored
 * @param width elements from one row to the next, as it is stored
 * @param step elements from one matrix to the next; 0 if there is one for all products
 */
record Matrix(long address, boolean packed, boolean transposed, int width, int step) {
    /** One matrix of float32 without gaps. */
    static Matrix of(long address, boolean transposed, int width) {
        return new Matrix(address, false, transposed, width, 0);
    }

    /** One matrix of bfloat16 without gaps, from a word on. */
    static Matrix packed(int word, boolean transposed, int width) {
        return new Matrix(2L * word, true, transposed, width, 0);
    }
}
