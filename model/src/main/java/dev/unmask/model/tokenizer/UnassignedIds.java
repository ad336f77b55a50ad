package dev.unmask.model.tokenizer;

import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.PrimitiveIterator;
import java.util.stream.IntStream;

/** Ids of a model that stand for no token: those that a vocabulary leaves out, and all from its end to the model's. */
final class UnassignedIds extends AbstractSet<Integer> {
    private final int[] holes;
    private final int first;
    private final int end;

    /**
     * The ids.
     *
     * @param holes in ascending order, all below {@code first}
     * @param first the first id beyond the vocabulary
     * @param end the first id beyond the model's, at least {@code first}
     */
    UnassignedIds(int[] holes, int first, int end) {
        this.holes = holes;
        this.first = first;
        this.end = end;
    }

    @Override
    public int size() {
        return (int) Math.min(Integer.MAX_VALUE, (long) holes.length + end - first);
    }

    @Override
    public boolean contains(Object other) {
        return other instanceof Integer id && (id >= first && id < end || Arrays.binarySearch(holes, id) >= 0);
    }

    @Override
    public Iterator<Integer> iterator() {
        PrimitiveIterator.OfInt ids = IntStream.concat(IntStream.of(holes), IntStream.range(first, end)).iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return ids.hasNext();
            }

            @Override
            public Integer next() {
                return ids.next();
            }
        };
    }
}
