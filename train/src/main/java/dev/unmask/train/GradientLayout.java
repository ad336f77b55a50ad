package dev.unmask.train;

import dev.unmask.tensor.Tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the gradients of a model lie in the memory of an exchange, one after the other, and how they are added up: in
 * buckets, each of a piece for every process, which adds that piece up.
 *
 * @param places of the gradients, by name
 * @param buckets what is added up at a time, in the order of the memory
 * @param shares how many elements each process adds up
 */
record GradientLayout(Map<String, Place> places, List<Bucket> buckets, long[] shares) {
    /**
     * Where a gradient lies.
     *
     * @param gradient the gradient
     * @param first its first element
     * @param owner the process that adds all of it up, where one does
     * @param firstBucket the first bucket that holds elements of it
     * @param lastBucket the last one; before the first if it has no elements
     */
    record Place(Tensor gradient, long first, int owner, int firstBucket, int lastBucket) {}

    /**
     * Elements that are added up at a time.
     *
     * @param pieces of each process, process 0 first
     */
    record Bucket(List<Piece> pieces) {}

    /**
     * Elements that one process adds up.
     *
     * @param first where they begin
     * @param length how many they are, perhaps none
     */
    record Piece(long first, int length) {}

    /** Elements of all gradients. */
    long elements() {
        long all = 0;
        for (long share : shares) {
            all += share;
        }
        return all;
    }

    /** The most elements of a piece of a process. */
    int longestPiece(int rank) {
        return buckets.stream().mapToInt(bucket -> bucket.pieces().get(rank).length()).max().orElse(0);
    }

    /**
     * Buckets of elements that follow each other, in equal pieces.
     *
     * @param gradients by name, in the order of the model
     * @param ranks how many processes there are
     * @param bucket about how many elements are added up at a time
     */
    static GradientLayout even(Map<String, Tensor> gradients, int ranks, int bucket) {
        int size = Math.max(1, bucket / ranks) * ranks;
        Map<String, Place> places = new LinkedHashMap<>();
        long elements = 0;
        for (Map.Entry<String, Tensor> gradient : gradients.entrySet()) {
            long end = elements + gradient.getValue().shape().elements();
            places.put(gradient.getKey(), place(gradient.getValue(), elements, 0, elements, end, size));
            elements = end;
        }
        List<Bucket> buckets = new ArrayList<>();
        long[] shares = new long[ranks];
        for (long first = 0; first < elements; first += size) {
            int length = (int) Math.min(size, elements - first);
            int each = Math.ceilDiv(length, ranks);
            List<Piece> pieces = new ArrayList<>();
            for (int rank = 0; rank < ranks; rank++) {
                int from = Math.min(length, rank * each);
                pieces.add(new Piece(first + from, Math.min(length, from + each) - from));
                shares[rank] += pieces.getLast().length();
            }
            buckets.add(new Bucket(pieces));
        }
        return new GradientLayout(places, buckets, shares);
    }

    /**
     * Whole gradients for each process, about as many elements for each: the gradients of a process lie together, and a
     * bucket holds some of every process.
     *
     * @param gradients by name, in the order of the model
     * @param ranks how many processes there are
     * @param bucket about how many elements are added up at a time
     */
    static GradientLayout owned(Map<String, Tensor> gradients, int ranks, int bucket) {
        int size = Math.max(1, bucket / ranks);
        long[] shares = new long[ranks];
        Map<String, Integer> owners = owners(gradients, shares);
        long[] starts = new long[ranks];
        for (int rank = 1; rank < ranks; rank++) {
            starts[rank] = starts[rank - 1] + shares[rank - 1];
        }
        long[] placed = new long[ranks];
        Map<String, Place> places = new LinkedHashMap<>();
        gradients.forEach((name, gradient) -> {
            int owner = owners.get(name);
            long from = placed[owner];
            placed[owner] += gradient.shape().elements();
            places.put(name, place(gradient, starts[owner] + from, owner, from, placed[owner], size));
        });
        List<Bucket> buckets = new ArrayList<>();
        boolean more = true;
        for (long from = 0; more; from += size) {
            List<Piece> pieces = new ArrayList<>();
            more = false;
            for (int rank = 0; rank < ranks; rank++) {
                int length = Math.clamp(shares[rank] - from, 0, size);
                pieces.add(new Piece(starts[rank] + Math.min(from, shares[rank]), length));
                more |= shares[rank] > from + size;
            }
            buckets.add(new Bucket(pieces));
        }
        return new GradientLayout(places, buckets, shares);
    }

    /** The largest first, to the process that has the least, which then are layers in turn. */
    private static Map<String, Integer> owners(Map<String, Tensor> gradients, long[] shares) {
        List<String> largestFirst = new ArrayList<>(gradients.keySet());
        largestFirst.sort(Comparator.comparingLong((String name) -> gradients.get(name).shape().elements()).reversed());
        Map<String, Integer> owners = new LinkedHashMap<>();
        for (String name : largestFirst) {
            int least = 0;
            for (int rank = 1; rank < shares.length; rank++) {
                least = shares[rank] < shares[least] ? rank : least;
            }
            shares[least] += gradients.get(name).shape().elements();
            owners.put(name, least);
        }
        return Collections.unmodifiableMap(owners);
    }

    private static Place place(Tensor gradient, long first, int owner, long from, long end, int size) {
        return new Place(gradient, first, owner, (int) (from / size), (int) (Math.ceilDiv(end, size) - 1));
    }
}
