package dev.unmask.tensor;

/**
 * An integer operand whose elements are places in something else, such as row numbers: a kernel reads or writes there
 * without looking whether they exist, so {@code ProgramGuard} looks before it runs.
 *
 * @param tensor I32: the places
 * @param end each live one is at least 0 and below this
 * @param of what is there, for messages
 * @param limit which entries of the tensor are live
 * @param rows how many entries are live at the most, counted from the first of the limit
 */
public record Indices(Tensor tensor, long end, String of, RowLimit limit, int rows) {
    /**
     * Every element is a row number.
     *
     * @param tensor I32: row numbers
     * @param table whose rows they are
     * @return the indices
     */
    public static Indices rows(Tensor tensor, Tensor table) {
        return all(tensor, table.shape().rows(), "rows of " + table);
    }

    /**
     * Every element is a place.
     *
     * @param tensor I32: places
     * @param end each is at least 0 and below this
     * @param of what is there, for messages
     * @return the indices
     */
    public static Indices all(Tensor tensor, long end, String of) {
        return new Indices(tensor, end, of, RowLimit.ALL, Math.toIntExact(tensor.shape().elements()));
    }
}
