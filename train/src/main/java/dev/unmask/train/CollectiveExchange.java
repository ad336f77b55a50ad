package dev.unmask.train;

import dev.unmask.tensor.Tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Adds gradients up over the processes of a {@link Collective}, in buckets, while the way back still computes those of
 * earlier layers.
 *
 * <p>All gradients lie one after the other in memory of the host, in the order of the model, and are cut into buckets
 * of one size. When the last gradient of a bucket is there, each process sends every other its part of the bucket
 * ({@code 1/N}), adds up what it gets, process 0 first, in float64, and gives the sum to all: {@code 2·(N-1)/N} times
 * the bytes of the gradients go out of each process in a step. Each element is added up by one process in one order, so
 * that all have the same bits, whatever came first, and whichever library carries them.
 */
public final class CollectiveExchange implements GradientExchange, AutoCloseable {
    /** Elements that are added up at a time, so that their sums stay in the caches. */
    private static final int TILE = 2048;

    /** Elements of a bucket unless told otherwise: 16 MiB. */
    private static final int BUCKET = 1 << 22;

    private final Collective collective;
    private final int size;
    private final ExecutorService courier =
            Executors.newSingleThreadExecutor(work -> {
                Thread thread = new Thread(work, "gradient exchange");
                thread.setDaemon(true);
                return thread;
            });
    private final Arena arena = Arena.ofShared();
    private final MemorySegment number;
    private final MemorySegment numbers;
    private final Map<String, Part> parts = new LinkedHashMap<>();
    private final List<Bucket> buckets = new ArrayList<>();
    private final List<CompletableFuture<Void>> underway = new ArrayList<>();
    private MemorySegment flat = MemorySegment.NULL;
    private MemorySegment send = MemorySegment.NULL;
    private MemorySegment received = MemorySegment.NULL;
    private MemorySegment own = MemorySegment.NULL;
    private final float[] tile = new float[TILE];
    private final double[] sums = new double[TILE];

    /** A gradient and where it lies among all. */
    private static final class Part {
        private final Tensor gradient;
        private final long first;
        private boolean isThere;

        Part(Tensor gradient, long first) {
            this.gradient = gradient;
            this.first = first;
        }

        long end() {
            return first + gradient.shape().elements();
        }
    }

    /** Elements that are added up at a time. */
    private static final class Bucket {
        private final long first;
        private final int length;
        private int partsMissing;

        Bucket(long first, int length) {
            this.first = first;
            this.length = length;
        }
    }

    /**
     * The exchange of a process.
     *
     * @param collective its part in the job; closed with the exchange
     */
    public CollectiveExchange(Collective collective) {
        this(collective, BUCKET);
    }

    /**
     * The exchange of a process.
     *
     * @param collective its part in the job; closed with the exchange
     * @param bucket elements that are added up at a time
     */
    CollectiveExchange(Collective collective, int bucket) {
        this.collective = collective;
        // Whole pieces are sent from where they lie.
        this.size = Math.max(1, bucket / collective.ranks()) * collective.ranks();
        this.number = arena.allocate(ValueLayout.JAVA_DOUBLE);
        this.numbers = arena.allocate(ValueLayout.JAVA_DOUBLE, collective.ranks());
    }

    @Override
    public int rank() {
        return collective.rank();
    }

    @Override
    public int ranks() {
        return collective.ranks();
    }

    @Override
    public void prepare(Map<String, Tensor> gradients) {
        parts.clear();
        buckets.clear();
        long elements = 0;
        for (Map.Entry<String, Tensor> gradient : gradients.entrySet()) {
            Part part = new Part(gradient.getValue(), elements);
            parts.put(gradient.getKey(), part);
            elements = part.end();
        }
        for (long first = 0; first < elements; first += size) {
            buckets.add(new Bucket(first, (int) Math.min(size, elements - first)));
        }
        int piece = piece(Math.toIntExact(Math.min(size, elements)));
        flat = floats(elements);
        send = floats((long) piece * ranks());
        received = floats((long) piece * ranks());
        own = floats(piece);
        await();
    }

    private MemorySegment floats(long count) {
        return arena.allocate(count * Float.BYTES, Long.BYTES);
    }

    /** What one process adds up of so many elements. */
    private int piece(int length) {
        return (length + ranks() - 1) / ranks();
    }

    /** Waits for the gradients of another step. */
    private void await() {
        parts.values().forEach(part -> part.isThere = false);
        for (Bucket bucket : buckets) {
            bucket.partsMissing =
                    (int)
                            parts.values().stream()
                                    .filter(part ->
                                            part.end() > bucket.first && part.first < bucket.first + bucket.length)
                                    .count();
        }
    }

    @Override
    public void ready(String name) {
        Part part = parts.get(name);
        if (part == null || part.isThere) {
            return;
        }
        part.isThere = true;
        part.gradient.download(flat.asSlice(part.first * Float.BYTES, part.gradient.bytes()));
        if (part.end() == part.first) {
            return;
        }
        for (int i = (int) (part.first / size); i <= (part.end() - 1) / size; i++) {
            Bucket bucket = buckets.get(i);
            if (--bucket.partsMissing == 0) {
                underway.add(CompletableFuture.runAsync(() -> sum(bucket), courier));
            }
        }
    }

    @Override
    public void sum(Map<String, Tensor> gradients) {
        if (!gradients.keySet().equals(parts.keySet())) {
            prepare(gradients);
        }
        parts.keySet().forEach(this::ready);
        try {
            underway.forEach(CompletableFuture::join);
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        } finally {
            underway.clear();
        }
        for (Part part : parts.values()) {
            part.gradient.upload(flat.asSlice(part.first * Float.BYTES, part.gradient.bytes()));
        }
        await();
    }

    private void sum(Bucket bucket) {
        int piece = piece(bucket.length);
        MemorySegment whole = flat.asSlice(bucket.first * Float.BYTES, (long) bucket.length * Float.BYTES);
        long bytes = (long) piece * ranks() * Float.BYTES;
        MemorySegment in = received.asSlice(0, bytes);
        MemorySegment mine = own.asSlice(0, (long) piece * Float.BYTES);
        if (whole.byteSize() == bytes) {
            collective.exchange(whole, in);
            addUp(in, piece);
            collective.gather(mine, whole);
            return;
        }
        MemorySegment out = send.asSlice(0, bytes);
        MemorySegment.copy(whole, 0, out, 0, whole.byteSize());
        out.asSlice(whole.byteSize()).fill((byte) 0);
        collective.exchange(out, in);
        addUp(in, piece);
        collective.gather(mine, out);
        MemorySegment.copy(out, 0, whole, 0, whole.byteSize());
    }

    /** Adds up what the processes have sent, process 0 first. */
    private void addUp(MemorySegment pieces, int length) {
        for (int first = 0; first < length; first += TILE) {
            int count = Math.min(TILE, length - first);
            for (int rank = 0; rank < ranks(); rank++) {
                long from = ((long) rank * length + first) * Float.BYTES;
                MemorySegment.copy(pieces, ValueLayout.JAVA_FLOAT, from, tile, 0, count);
                if (rank == 0) {
                    begin(count);
                } else {
                    add(count);
                }
            }
            for (int i = 0; i < count; i++) {
                tile[i] = (float) sums[i];
            }
            MemorySegment.copy(tile, 0, own, ValueLayout.JAVA_FLOAT, (long) first * Float.BYTES, count);
        }
    }

    private void begin(int count) {
        for (int i = 0; i < count; i++) {
            sums[i] = tile[i];
        }
    }

    private void add(int count) {
        for (int i = 0; i < count; i++) {
            sums[i] += tile[i];
        }
    }

    @Override
    public double sum(double value) {
        number.set(ValueLayout.JAVA_DOUBLE, 0, value);
        collective.gather(number, numbers);
        double sum = 0;
        for (int rank = 0; rank < ranks(); rank++) {
            sum += numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, rank);
        }
        return sum;
    }

    @Override
    public void abort(int code) {
        collective.abort(code);
    }

    /** Leaves the job. */
    @Override
    public void close() {
        courier.shutdown();
        collective.close();
        arena.close();
    }
}
