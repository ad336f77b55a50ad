package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task4;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A device that runs the device kernels as plain Java, so that they can be tested where TornadoVM is only an API. */
class PlainDevice implements Device {
    private final String number;
    private final long memoryBytes;
    private final Map<Entry, Task4<KernelContext, FloatArray, IntArray, Integer>> kernels = new EnumMap<>(Entry.class);
    private final Map<Entry, Task4<KernelContext, FloatArray, IntArray, Integer>> inGraphs = new EnumMap<>(Entry.class);
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
    PlainDevice with(Entry entry, Task4<KernelContext, FloatArray, IntArray, Integer> kernel) {
        kernels.put(entry, kernel);
        return this;
    }

    /** Puts another kernel in the place of one where it is not alone in its graph. */
    PlainDevice withInGraphs(Entry entry, Task4<KernelContext, FloatArray, IntArray, Integer> kernel) {
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
    public DevicePlan plan(int floatElements, int wordElements) {
        return new PlainPlan(floatElements, wordElements);
    }

    private final class PlainPlan implements DevicePlan {
        private final GraphVerdicts verdicts = new GraphVerdicts();
        private final FloatArray memory;
        private final IntArray words;
        private final FloatArray floats = new FloatArray(Transfers.LARGE);
        private final IntArray integers = new IntArray(Transfers.LARGE);

        PlainPlan(int floatElements, int wordElements) {
            plans++;
            memory = new FloatArray(floatElements);
            words = new IntArray(wordElements);
        }

        @Override
        public int floatElements() {
            return memory.getSize();
        }

        @Override
        public int wordElements() {
            return words.getSize();
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
        public void put(int address, int n) {
            memory.getSegment().asSlice(address * 4L, n * 4L).copyFrom(floats.getSegment().asSlice(0, n * 4L));
        }

        @Override
        public void putWords(int address, int n) {
            words.getSegment().asSlice(address * 4L, n * 4L).copyFrom(integers.getSegment().asSlice(0, n * 4L));
        }

        @Override
        public void get(int address, int n) {
            floats.getSegment().copyFrom(memory.getSegment().asSlice(address * 4L, n * 4L));
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
                        assertEquals(turn, segment.tasks().get(i).turn());
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
            Task4<KernelContext, FloatArray, IntArray, Integer> kernel =
                    inGraph ? inGraphs.getOrDefault(entry, kernels.get(entry)) : kernels.get(entry);
            for (int y = 0; y < launch.groupsY(); y++) {
                for (int x = 0; x < launch.groupsX(); x++) {
                    new WorkGroup(entry.threadsX(), entry.threadsY())
                            .run(x, y, item -> kernel.apply(item, memory, words, turn));
                }
            }
        }

        @Override
        public GraphVerdicts verdicts() {
            return verdicts;
        }

        @Override
        public DevicePlan resized(int floatElements, int wordElements) {
            PlainPlan larger = new PlainPlan(floatElements, wordElements);
            larger.memory.getSegment().copyFrom(memory.getSegment());
            larger.words.getSegment().copyFrom(words.getSegment());
            return larger;
        }

        @Override
        public void close() {
            // Its arrays are garbage.
        }
    }
}
