package dev.unmask.train;

import dev.unmask.tensor.Tensor;
import dev.unmask.train.GradientLayout.Bucket;
import dev.unmask.train.GradientLayout.Piece;
import dev.unmask.train.GradientLayout.Place;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Adds gradients up over the processes of a {@link Collective}, in buckets, while the way back still computes those of
 * earlier layers.
 *
 * <p>All gradients lie one after the other in memory of the host and are cut into buckets of one size. When the last
 * gradient of a bucket is there, each process sends every other its piece of the bucket ({@code 1/N}), adds up what it
 * gets, process 0 first, in float64, and gives the sum to all: {@code 2·(N-1)/N} times the bytes of the gradients go
 * out of each process in a step. Each element is added up by one process in one order, so that all have the same bits,
 * whatever came first, and whichever library carries them.
 *
 * <p>Where the update is shared, pieces are of whole gradients ({@link #sharded}): a process keeps the sums of the
 * parameters that it updates, and in place of sums sends those parameters after the update. That is as many bytes, but
 * the second half of them has nothing to hide behind.
 */
public final class CollectiveExchange implements GradientExchange, AutoCloseable {
    /** Elements that are added up at a time, so that their sums stay in the caches. */
    private static final int TILE = 2048;

    /** Elements of a bucket unless told otherwise: 16 MiB. */
    private static final int BUCKET = 1 << 22;

    private final Collective collective;
    private final boolean sharded;
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
    private GradientLayout layout = GradientLayout.even(Map.of(), 1, 1);
    private final Set<String> there = new HashSet<>();
    private int[] partsMissing = {};
    private final List<CompletableFuture<Void>> underway = new ArrayList<>();
    private MemorySegment flat = MemorySegment.NULL;
    private MemorySegment received = MemorySegment.NULL;
    private MemorySegment ownNumbers = MemorySegment.NULL;
    private MemorySegment allNumbers = MemorySegment.NULL;
    private final float[] tile = new float[TILE];
    private final double[] sums = new double[TILE];

    /**
     * The exchange of a process that updates all parameters, as every other does.
     *
     * @param collective its part in the job; closed with the exchange
     */
    public CollectiveExchange(Collective collective) {
        this(collective, false, BUCKET);
    }

    /**
     * The exchange of a process.
     *
     * @param collective its part in the job; closed with the exchange
     * @param sharded whether it updates a share of the parameters only
     * @param bucket elements that are added up at a time
     */
    CollectiveExchange(Collective collective, boolean sharded, int bucket) {
        this.collective = collective;
        this.sharded = sharded;
        this.size = bucket;
        this.number = arena.allocate(ValueLayout.JAVA_DOUBLE);
        this.numbers = arena.allocate(ValueLayout.JAVA_DOUBLE, collective.ranks());
    }

    /**
     * The exchange of a process that holds the moments of some parameters only, updates these, and gets the others from
     * the processes that do. Parameters are shared out whole, about as many numbers for each process.
     *
     * @param collective its part in the job; closed with the exchange
     * @return the exchange
     */
    public static CollectiveExchange sharded(Collective collective) {
        return new CollectiveExchange(collective, true, BUCKET);
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
    public Optional<UpdateShards> shards() {
        return sharded ? Optional.of(new Shards()) : Optional.empty();
    }

    @Override
    public GradientExchange planned() {
        return sharded ? new PlannedShards(ranks()) : NONE;
    }

    @Override
    public void prepare(Map<String, Tensor> gradients) {
        layout =
                sharded
                        ? GradientLayout.owned(gradients, ranks(), size)
                        : GradientLayout.even(gradients, ranks(), size);
        flat = floats(layout.elements());
        received = floats((long) layout.longestPiece(rank()) * ranks());
        if (sharded) {
            ownNumbers = floats(gradients.size());
            allNumbers = floats((long) gradients.size() * ranks());
        }
        await();
    }

    private MemorySegment floats(long count) {
        return arena.allocate(count * Float.BYTES, Long.BYTES);
    }

    /** Waits for the gradients of another step. */
    private void await() {
        there.clear();
        partsMissing = new int[layout.buckets().size()];
        for (Place place : layout.places().values()) {
            for (int i = place.firstBucket(); i <= place.lastBucket(); i++) {
                partsMissing[i]++;
            }
        }
    }

    private MemorySegment at(Place place) {
        return flat.asSlice(place.first() * Float.BYTES, place.gradient().bytes());
    }

    private MemorySegment at(Piece piece) {
        return flat.asSlice(piece.first() * Float.BYTES, (long) piece.length() * Float.BYTES);
    }

    @Override
    public void ready(String name) {
        Place place = layout.places().get(name);
        if (place == null || !there.add(name)) {
            return;
        }
        place.gradient().download(at(place));
        for (int i = place.firstBucket(); i <= place.lastBucket(); i++) {
            if (--partsMissing[i] == 0) {
                Bucket bucket = layout.buckets().get(i);
                underway.add(CompletableFuture.runAsync(() -> sum(bucket), courier));
            }
        }
    }

    @Override
    public void sum(Map<String, Tensor> gradients) {
        if (!gradients.keySet().equals(layout.places().keySet())) {
            prepare(gradients);
        }
        layout.places().keySet().forEach(this::ready);
        try {
            underway.forEach(CompletableFuture::join);
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        } finally {
            underway.clear();
        }
        for (Place place : layout.places().values()) {
            if (!sharded || place.owner() == rank()) {
                place.gradient().upload(at(place));
            }
        }
        await();
    }

    private void sum(Bucket bucket) {
        List<MemorySegment> whole = bucket.pieces().stream().map(this::at).toList();
        MemorySegment mine = whole.get(rank());
        List<MemorySegment> theirs =
                each(rank -> rank == rank() ? mine : received.asSlice(rank * mine.byteSize(), mine.byteSize()));
        collective.exchange(whole, theirs);
        addUp(theirs, mine);
        if (!sharded) {
            collective.exchange(each(_ -> mine), whole);
        }
    }

    private List<MemorySegment> each(IntFunction<MemorySegment> piece) {
        return IntStream.range(0, ranks()).mapToObj(piece).toList();
    }

    /** Adds up what the processes have sent, process 0 first, into the place of one of them. */
    private void addUp(List<MemorySegment> pieces, MemorySegment into) {
        long length = into.byteSize() / Float.BYTES;
        for (long first = 0; first < length; first += TILE) {
            int count = (int) Math.min(TILE, length - first);
            // What a sum of nothing is, which leaves the sign of a zero alone.
            Arrays.fill(sums, -0.0);
            for (MemorySegment piece : pieces) {
                MemorySegment.copy(piece, ValueLayout.JAVA_FLOAT, first * Float.BYTES, tile, 0, count);
                for (int i = 0; i < count; i++) {
                    sums[i] += tile[i];
                }
            }
            for (int i = 0; i < count; i++) {
                tile[i] = (float) sums[i];
            }
            MemorySegment.copy(tile, 0, into, ValueLayout.JAVA_FLOAT, first * Float.BYTES, count);
        }
    }

    /** The update in shares. What travels lies where gradients do, which have been used by then. */
    private final class Shards implements UpdateShards {
        @Override
        public boolean owns(String name) {
            return layout.places().get(name).owner() == rank();
        }

        @Override
        public void complete(float[] values) {
            MemorySegment.copy(values, 0, ownNumbers, ValueLayout.JAVA_FLOAT, 0, values.length);
            collective.gather(ownNumbers, allNumbers);
            int i = 0;
            for (Place place : layout.places().values()) {
                values[i] = allNumbers.getAtIndex(ValueLayout.JAVA_FLOAT, (long) place.owner() * values.length + i);
                i++;
            }
        }

        @Override
        public void share(Map<String, Tensor> parameters) {
            download(parameters);
            for (Bucket bucket : layout.buckets()) {
                List<MemorySegment> whole = bucket.pieces().stream().map(CollectiveExchange.this::at).toList();
                collective.exchange(each(_ -> whole.get(rank())), whole);
            }
            layout.places()
                    .forEach((name, place) -> {
                        if (place.owner() != rank()) {
                            parameters.get(name).upload(at(place));
                        }
                    });
        }

        @Override
        public Map<String, MemorySegment> collect(Map<String, Tensor> own) {
            download(own);
            List<MemorySegment> none = each(_ -> MemorySegment.NULL);
            for (Bucket bucket : layout.buckets()) {
                List<MemorySegment> whole = bucket.pieces().stream().map(CollectiveExchange.this::at).toList();
                if (rank() == 0) {
                    collective.exchange(none, whole);
                } else {
                    collective.exchange(each(to -> to == 0 ? whole.get(rank()) : MemorySegment.NULL), none);
                }
            }
            Map<String, MemorySegment> all = new LinkedHashMap<>();
            if (rank() == 0) {
                layout.places().forEach((name, place) -> all.put(name, at(place).asReadOnly()));
            }
            return Collections.unmodifiableMap(all);
        }

        private void download(Map<String, Tensor> tensors) {
            layout.places()
                    .forEach((name, place) -> {
                        if (place.owner() == rank()) {
                            tensors.get(name).download(at(place));
                        }
                    });
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
