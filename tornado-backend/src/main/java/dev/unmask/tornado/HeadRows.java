package dev.unmask.tornado;

/**
 * Where the heads of queries, keys, values or results lie: head {@code j} of group {@code g} at position {@code t} of
 * sequence {@code b} begins at {@code address + (b · length + t) · width + g · groupStep + j · headStep}.
 *
 * @param address of the first
 * @param length positions of a sequence
 * @param width elements of a position
 * @param groupStep elements from one group to the next
 * @param headStep elements from one head of a group to the next; 0 where they share one
 */
record HeadRows(int address, int length, int width, int groupStep, int headStep) {
    /** The same head of some groups, from a position on: a matrix of positions, one for each group. */
    Matrix of(int sequence, int group, int head, int position, boolean transposed) {
        int first = address + (sequence * length + position) * width + group * groupStep + head * headStep;
        return new Matrix(first, false, transposed, width, groupStep);
    }
}
