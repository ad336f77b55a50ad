package dev.unmask.tornado;

import java.util.List;

/**
 * How long the arrays on a device are.
 *
 * @param floats elements of each array of floats: at least one, at most {@link Banks#MOST}
 * @param words elements of the array of words
 */
record Lengths(List<Integer> floats, int words) {
    Lengths {
        floats = List.copyOf(floats);
        if (floats.isEmpty() || floats.size() > Banks.MOST) {
            throw new IllegalArgumentException(
                    "arrays of floats: found " + floats.size() + ", expected 1 to " + Banks.MOST);
        }
    }

    /** Elements of all arrays of floats. */
    long allFloats() {
        return floats.stream().mapToLong(Integer::longValue).sum();
    }

    /** Whether none is shorter than its counterpart. */
    boolean hold(Lengths others) {
        if (floats.size() < others.floats.size() || words < others.words) {
            return false;
        }
        for (int bank = 0; bank < others.floats.size(); bank++) {
            if (floats.get(bank) < others.floats.get(bank)) {
                return false;
            }
        }
        return true;
    }
}
