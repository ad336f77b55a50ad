package dev.unmask.tornado;

/**
 * Rows that are live in this run, as the host knows them.
 *
 * @param count the number of live entries
 * @param first the entry that row 0 stands for
 * @param rows of the operand
 */
record LiveRows(TornadoTensor count, int first, int rows) {
    /** How many of the first rows are live. */
    int number() {
        return Math.clamp((long) count.number() - first, 0, rows);
    }
}
