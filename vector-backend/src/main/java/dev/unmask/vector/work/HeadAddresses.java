package dev.unmask.vector.work;

import dev.unmask.tensor.HeadRows;

/**
 * Where the heads of rows lie.
 *
 * @param address of the first row
 * @param stride bytes from a row to the next
 * @param heads their columns
 */
public record HeadAddresses(long address, long stride, HeadRows heads) {
    public static HeadAddresses of(HeadRows heads, Operands operands) {
        return new HeadAddresses(operands.address(heads.tensor()), (long) heads.columns() * Float.BYTES, heads);
    }

    /** Where a head of a row begins. */
    public long at(long row, int head) {
        return address + row * stride + (long) heads.column(head) * Float.BYTES;
    }
}
