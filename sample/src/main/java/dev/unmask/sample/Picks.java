package dev.unmask.sample;

import java.util.ArrayList;
import java.util.List;

/** Which of several ways each open blank of a text takes, counted up like the digits of a number. */
final class Picks {
    private final List<Integer> ways = new ArrayList<>();
    private final List<Integer> picked = new ArrayList<>();
    private final List<Integer> sizes;
    private int asked;
    private int askedSizes;

    /** The first way of each; blanks of unknown size go through a few. */
    Picks() {
        this(List.of());
    }

    /** The first way of each; blanks of unknown size are of these sizes, in order. */
    private Picks(List<Integer> sizes) {
        this.sizes = sizes;
    }

    /** The same ways with other sizes of those blanks whose size is unknown. */
    Picks withSizes(List<Integer> value) {
        Picks others = new Picks(value);
        others.ways.addAll(ways);
        others.picked.addAll(picked);
        return others;
    }

    Picks copy() {
        return withSizes(sizes);
    }

    /** Before a text is read again. */
    void restart() {
        asked = 0;
        askedSizes = 0;
    }

    /** What the next open blank takes, of so many ways. */
    int of(int count) {
        if (asked == ways.size()) {
            ways.add(count);
            picked.add(0);
        }
        return picked.get(asked++);
    }

    /** The size of the next blank that has one of several, not all of which are tried. */
    int size(List<Integer> tried) {
        int way = of(tried.size());
        return sizes.isEmpty() ? tried.get(way) : sizes.get(askedSizes++);
    }

    long ways() {
        return ways.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> Math.min(a * b, 1L << 40));
    }

    /** Goes on to the next combination, if there is one. */
    boolean next() {
        for (int i = picked.size() - 1; i >= 0; i--) {
            if (picked.get(i) + 1 < ways.get(i)) {
                picked.set(i, picked.get(i) + 1);
                return true;
            }
            picked.set(i, 0);
        }
        return false;
    }
}
