package dev.unmask.tornado;

import dev.unmask.tensor.HeadRows;

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
record HeadPlaces(long address, int length, int width, int groupStep, int headStep) {
    /**
     * Heads of rows in groups.
     *
     * @param heads as many a group
     * @param address of their tensor
     * @param length positions of a sequence
     * @param groups number of groups
     */
    static HeadPlaces of(HeadRows heads, long address, int length, int groups) {
        int perGroup = heads.count() / groups;
        int groupStep = groups > 1 ? heads.column(perGroup) - heads.first() : 0;
        int headStep = perGroup > 1 ? heads.column(1) - heads.first() : 0;
        return new HeadPlaces(address + heads.first(), length, heads.columns(), groupStep, headStep);
    }

    /** Whether all heads are a step apart within their group, and all groups another. */
    static boolean fits(HeadRows heads, int groups) {
        HeadPlaces places = of(heads, 0, 0, groups);
        int perGroup = heads.count() / groups;
        for (int head = 0; head < heads.count(); head++) {
            long column = places.address + head / perGroup * places.groupStep + head % perGroup * places.headStep;
            if (column != heads.column(head)) {
                return false;
            }
        }
        return true;
    }

    /** The same head of some groups, from a position on: a matrix of positions, one for each group. */
    Matrix of(int sequence, int group, int head, int position, boolean transposed) {
        long first = address + (sequence * length + position) * width + group * groupStep + head * headStep;
        return new Matrix(first, Matrix.Elements.FLOATS, transposed, width, groupStep);
    }
}
