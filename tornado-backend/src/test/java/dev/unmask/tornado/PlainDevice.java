package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A device that runs the device kernels as plain Java, so that they can be tested where TornadoVM is only an API. */
class PlainDevice implements Device {
    private final String number;
    private final long memoryBytes;
    private final Map<Entry, Entry.Kernel> kernels = new EnumMap<>(Entry.class);
    private final Map<Entry, Entry.Kernel> inGraphs = new EnumMap<>(Entry.class);
    private int plans;
    private final List<Integer> graphs = new ArrayList<>();
    private final Set<Entry> run = EnumSet.noneOf(Entry.class);
    private Acceleration acceleration = Acceleration.none();
    private int captured;

    PlainDevice() {
        this("0:0", 1L << 30);
    }

    PlainDevice(String number, long memoryBytes) {
        this.number = number;
        this.memoryBytes = memoryBytes;
        for (Entry entry : Entry.values()) {
            kernels.put(entry, entry.kernel());
        }
    }

    /** Puts another kernel in the place of one. */
    PlainDevice with(Entry entry, Entry.Kernel kernel) {
        kernels.put(entry, kernel);
        return this;
    }

    /** Puts another kernel in the place of one where it is not alone in its graph. */
    PlainDevice withInGraphs(Entry entry, Entry.Kernel kernel) {
        inGraphs.put(entry, kernel);
        return this;
    }

    /** Leaves products to a library, and captures what repeats. */
    PlainDevice with(MatrixLibrary library) {
        acceleration = Acceleration.of(library);
        return this;
    }

    /** The same, and attention. */
    PlainDevice with(MatrixLibrary library, AttentionLibrary attention) {
        acceleration = Acceleration.of(library, attention);
        return this;
    }

    /** How often something ran that was captured. */
    int captured() {
        return captured;
    }

    /** How often its memory was taken. */
    int plans() {
        return plans;
    }

    /** The kernels that were run. */
    Set<Entry> run() {
        return run;
    }

    /** How many graphs each run of a program was cut into. */
    List<Integer> graphs() {
        return graphs;
    }

    @Override
    public String number() {
        return number;
    }

    @Override
    public String description() {
        return "plain Java";
    }

    @Override
    public String name() {
        return "host " + number;
    }

    @Override
    public long memoryBytes() {
        return memoryBytes;
    }

    @Override
    public long largestArrayBytes() {
        return memoryBytes;
    }

    @Override
    public Acceleration acceleration() {
        return acceleration;
    }

    @Override
    public DevicePlan plan(Lengths lengths) {
        return new PlainPlan(lengths);
    }

    private final class PlainPlan implements DevicePlan {
        private final GraphVerdicts verdicts = new GraphVerdicts();
        private final Lengths lengths;
        private final List<FloatArray> memory;
        private final Banks banks;
        private final IntArray words;
        private final FloatArray floats = new FloatArray(Transfers.LARGE);
        private final IntArray integers = new IntArray(Transfers.LARGE);

        PlainPlan(Lengths lengths) {
            plans++;
            this.lengths = lengths;
            memory = lengths.floats().stream().map(FloatArray::new).toList();
            banks = banks(memory);
            words = new IntArray(lengths.words());
        }

        private static Banks banks(List<FloatArray> some) {
            FloatArray none = new FloatArray(1);
            List<FloatArray> all = new ArrayList<>(some);
            all.addAll(Collections.nCopies(Banks.MOST - some.size(), none));
            return new Banks(
                    all.get(0),
                    all.get(1),
                    all.get(2),
                    all.get(3),
                    all.get(4),
                    all.get(5),
                    all.get(6),
                    all.get(7),
                    some.size());
        }

        private MemorySegment elements(long address, int n) {
            return memory.get(Address.bank(address)).getSegment().asSlice(Address.place(address) * 4L, n * 4L);
        }

        @Override
        public Lengths lengths() {
            return lengths;
        }

        @Override
        public FloatArray floats(int n) {
            return floats;
        }

        @Override
        public IntArray words(int n) {
            return integers;
        }

        @Override
        public void put(long address, int n) {
            elements(address, n).copyFrom(floats.getSegment().asSlice(0, n * 4L));
        }

        @Override
        public void putWords(int address, int n) {
            words.getSegment().asSlice(address * 4L, n * 4L).copyFrom(integers.getSegment().asSlice(0, n * 4L));
        }

        @Override
        public void get(long address, int n) {
            floats.getSegment().copyFrom(elements(address, n));
        }

        @Override
        public void getWords(int address, int n) {
            integers.getSegment().copyFrom(words.getSegment().asSlice(address * 4L, n * 4L));
        }

        @Override
        public void run(List<? extends Piece> pieces, int table) {
            graphs.add(pieces.size());
            words.set(0, table);
            int turn = 0;
            for (Piece piece : pieces) {
                turn = run(piece, turn);
            }
        }

        private int run(Piece piece, int firstTurn) {
            int turn = firstTurn;
            switch (piece) {
                case Segment segment -> {
                    for (int i = 0; i < segment.launches().size(); i++) {
                        assertEquals(turn, (segment.turn() + i) % 2);
                        run(segment.launches().get(i), turn, segment.launches().size() > 1);
                        turn = 1 - turn;
                    }
                }
                case Products products -> {
                    NativeQueue queue = new PlainQueue(memory, words);
                    MatrixLibrary library = acceleration.products().orElseThrow();
                    library.prepare(queue);
                    products.products().forEach(product -> library.multiply(queue, product.ofLiveRows()));
                }
                case Fused fused -> {
                    NativeQueue queue = new PlainQueue(memory, words);
                    AttentionLibrary library = acceleration.attention().orElseThrow();
                    library.prepare(queue);
                    fused.steps().forEach(step -> library.attend(queue, step));
                }
                case Captured all -> {
                    captured++;
                    for (Piece part : all.pieces()) {
                        assertTrue(part.isRepeatable());
                        turn = run(part, turn);
                    }
                }
            }
            return turn;
        }

        private void run(Launch launch, int turn, boolean inGraph) {
            Entry entry = launch.entry();
            run.add(entry);
            Entry.Kernel kernel = inGraph ? inGraphs.getOrDefault(entry, kernels.get(entry)) : kernels.get(entry);
            int groupsX = launch.groupsX(turn);
            for (int y = 0; y < launch.groupsY(); y++) {
                for (int x = 0; x < groupsX; x++) {
                    new WorkGroup(entry.threadsX(), entry.threadsY(), groupsX)
                            .run(x, y, item -> kernel.run(item, banks, words));
                }
            }
        }

        @Override
        public GraphVerdicts verdicts() {
            return verdicts;
        }

        @Override
        public DevicePlan resized(Lengths longer) {
            PlainPlan larger = new PlainPlan(longer);
            for (int bank = 0; bank < memory.size(); bank++) {
                larger.memory.get(bank).getSegment().copyFrom(memory.get(bank).getSegment());
            }
            larger.words.getSegment().copyFrom(words.getSegment());
            return larger;
        }

        @Override
        public void close() {
            // Its arrays are garbage.
        }
    }
}
