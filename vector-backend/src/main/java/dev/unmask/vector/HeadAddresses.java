package dev.unmask.vector;

import dev.unmask.tensor.HeadRows;

/**
 * Where the heads of rows lie.
 *
 * @param address of the first row
 * @param stride bytes from a row to the next
 * @param heads their columns
 */
record HeadAddresses(long address, long stride, HeadRows heads) {
    static HeadAddresses of(HeadRows heads, Binding binding) {
        return new HeadAddresses(binding.address(heads.tensor()), (long) heads.columns() * Float.BYTES, heads);
    }

    /** Where a head of a row begins. */
    long at(long row, int head) {
        return address + row * stride + (long) heads.column(head) * Float.BYTES;
    }
}
