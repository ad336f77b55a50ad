package dev.unmask.vector.work;

import dev.unmask.tensor.RowLimit;
import dev.unmask.vector.lanes.Memory;

/**
 * A row limit whose count has an address.
 *
 * @param limit the limit
 * @param countAddress where the count lies, or 0 if every row is live
 * @param rows the rows of the operand
 */
public record LiveRows(RowLimit limit, long countAddress, int rows) {
    /** How many of the first rows are live in this run. */
    public int count() {
        return countAddress == 0 ? rows : limit.live(Memory.i32(countAddress), rows);
    }

    /** The entry that row 0 stands for. */
    public int first() {
        return limit.first();
    }
}
