package dev.unmask.tornado;

/** Products of matrices by a library of the device's vendor. */
interface MatrixLibrary {
    /** Whether there is one. */
    sealed interface Found permits Present, Missing {}

    /**
     * There is one.
     *
     * @param library it
     */
    record Present(MatrixLibrary library) implements Found {}

    /**
     * There is none.
     *
     * @param reason why, and what to do
     */
    record Missing(String reason) implements Found {}

    /** What messages call it. */
    String name();

    /** Gets ready to work for a queue; always before products, and before their capture. */
    void prepare(NativeQueue queue);

    /** Adds a product, of which all rows are live, to the work of the queue it is prepared for. */
    void multiply(NativeQueue queue, Product product);
}
