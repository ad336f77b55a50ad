package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.WorkerGrid2D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * One execution plan of TornadoVM: a task graph for each kernel, and for what repeats in programs that run often, all
 * on the same arrays, which never leave the device.
 *
 * <p>Buffers are not shared between plans, and a graph takes a buffer over only from the graph that was executed just
 * before it. So there is one plan, every graph consumes and persists all arrays, and graphs may follow each other in
 * any order.
 */
final class TornadoPlan implements DevicePlan {
    /** Relaxed mathematics, TornadoVM's default, would break infinities and the rounding to bfloat16. */
    private static final String OPENCL_FLAGS = "-w";

    /** Graphs of a plan; so many have been tried. */
    private static final int MOST_GRAPHS = 192;

    private static final String NATIVE = "native";

    /** The word that names the row of the first call. */
    private static final int FIRST_TURN = 0;

    private final TornadoDevice device;
    private final Acceleration acceleration;
    private final DeviceArrays arrays;
    private final GridScheduler scheduler = new GridScheduler();
    private final List<ImmutableTaskGraph> graphs = new ArrayList<>();
    private final Map<List<Entry>, KernelGraph> kernelGraphs = new HashMap<>();
    private final GraphVerdicts verdicts = new GraphVerdicts();
    private final CudaGraphs cudaGraphs = new CudaGraphs();
    private final int nativeCalls;
    private final Carrier carrier;
    private final Optional<CudaStream> stream;
    private TornadoExecutionPlan plan;

    /**
     * A graph of kernels.
     *
     * @param index which of the graphs
     * @param grids one for each task
     */
    private record KernelGraph(int index, List<WorkerGrid2D> grids) {}

    TornadoPlan(TornadoDevice device, Acceleration acceleration, Lengths lengths) {
        this.device = device;
        this.acceleration = acceleration;
        arrays = new DeviceArrays(lengths);
        addGrid("make.t", TransferKernels.GROUP);
        addGrid("clear.t", roundUp(arrays.longest(), TransferKernels.GROUP));
        TaskGraph made = new TaskGraph("make");
        arrays.make(made);
        int make = graph(made);
        TaskGraph zeros = onDevice("clear");
        arrays.clear(zeros);
        int clear = graph(zeros);
        Optional<GraphCarrier> byGraphs = acceleration.isNative() ? Optional.empty() : Optional.of(carrierByGraphs());
        for (Entry entry : Entry.values()) {
            addKernelGraph(List.of(entry));
        }
        nativeCalls = acceleration.isNative() ? graph(arrays.natively(onDevice(NATIVE))) : Arguments.NONE;
        plan = planOfAll();
        plan.withGraph(make).execute();
        plan.withGraph(clear).execute();
        stream = acceleration.driver().map(this::stream);
        carrier = stream.<Carrier>map(StreamCarrier::new).orElseGet(byGraphs::orElseThrow);
    }

    private GraphCarrier carrierByGraphs() {
        return new GraphCarrier(
                new GraphCarrier.Host() {
                    @Override
                    public int graph(String name, UnaryOperator<TaskGraph> body) {
                        return TornadoPlan.this.graph(body.apply(onDevice(name)));
                    }

                    @Override
                    public void execute(int graph) {
                        plan.withGraph(graph).execute();
                    }
                },
                arrays,
                scheduler);
    }

    private CudaStream stream(CudaDriver driver) {
        List<CudaStream> seen = new ArrayList<>();
        natively(queue -> seen.add(new CudaStream(driver, queue, lengths().floats().size())));
        return seen.getFirst();
    }

    private void addGrid(String task, int threads) {
        WorkerGrid1D grid = new WorkerGrid1D(threads);
        grid.setLocalWork(TransferKernels.GROUP, 1, 1);
        scheduler.addWorkerGrid(task, grid);
    }

    private TornadoExecutionPlan planOfAll() {
        TornadoExecutionPlan all = new TornadoExecutionPlan(graphs.toArray(ImmutableTaskGraph[]::new));
        all.withDevice(device);
        all.withGridScheduler(scheduler);
        all.withCompilerFlags(TornadoVMBackendType.OPENCL, OPENCL_FLAGS);
        if (acceleration.isNative()) {
            // Graphs of one task each have nothing to run at the same time; but TornadoVM then does not wait for them.
            all.withIntraPlanConcurrency();
        }
        return all;
    }

    private void addKernelGraph(List<Entry> entries) {
        String name = "k" + kernelGraphs.size();
        TaskGraph graph = onDevice(name);
        List<WorkerGrid2D> grids = new ArrayList<>();
        for (Entry entry : entries) {
            WorkerGrid2D grid = new WorkerGrid2D(entry.threadsX(), entry.threadsY());
            grid.setLocalWork(entry.threadsX(), entry.threadsY(), 1);
            scheduler.addWorkerGrid(name + ".t" + grids.size(), grid);
            arrays.task(graph, "t" + grids.size(), entry);
            grids.add(grid);
        }
        kernelGraphs.put(entries, new KernelGraph(graph(graph), grids));
    }

    private static int roundUp(int n, int unit) {
        return (n + unit - 1) / unit * unit;
    }

    private TaskGraph onDevice(String name) {
        return new TaskGraph(name).consumeFromDevice(arrays.all());
    }

    private int graph(TaskGraph graph) {
        graphs.add(graph.persistOnDevice(arrays.all()).snapshot());
        return graphs.size() - 1;
    }

    @Override
    public Lengths lengths() {
        return arrays.lengths();
    }

    @Override
    public FloatArray floats(int n) {
        return carrier.floats(n);
    }

    @Override
    public IntArray words(int n) {
        return carrier.words(n);
    }

    @Override
    public void put(long address, int n) {
        carrier.put(address, n);
    }

    @Override
    public void putWords(int address, int n) {
        carrier.putWords(address, n);
    }

    @Override
    public void get(long address, int n) {
        carrier.get(address, n);
    }

    @Override
    public void getWords(int address, int n) {
        carrier.getWords(address, n);
    }

    @Override
    public void run(List<? extends Piece> pieces, int table) {
        addGraphs(pieces);
        if (stream.isPresent() && pieces.stream().anyMatch(Captured.class::isInstance)) {
            runCaptured(stream.get(), pieces, table);
            return;
        }
        words(1).set(0, table);
        putWords(FIRST_TURN, 1);
        int calls = 0;
        for (Piece piece : pieces) {
            run(piece);
            calls += piece.launches().size();
        }
        // So that it waits.
        getWords(calls % 2, 1);
    }

    /** Tells the stream all of a program, and does not wait. */
    private void runCaptured(CudaStream to, List<? extends Piece> pieces, int table) {
        for (Piece piece : pieces) {
            if (piece instanceof Captured captured && !cudaGraphs.has(captured)) {
                capture(captured);
            }
        }
        to.enter();
        to.store(FIRST_TURN, table);
        for (Piece piece : pieces) {
            if (piece instanceof Captured captured) {
                cudaGraphs.launch(captured, to);
            } else {
                run(piece);
            }
        }
    }

    private void run(Piece piece) {
        switch (piece) {
            case Segment segment -> run(segment);
            case Products products -> multiply(products);
            case Fused fused -> attend(fused);
            case Captured captured ->
                    throw new IllegalStateException("no stream for a CUDA graph of " + captured.launches().size());
        }
    }

    private void natively(Consumer<CapturingQueue> work) {
        NativeCalls.during(() -> plan.withGraph(nativeCalls).execute(), work);
    }

    private void multiply(Products products) {
        MatrixLibrary library = acceleration.products().orElseThrow();
        library.prepare(stream.orElseThrow());
        for (Product product : products.products()) {
            library.multiply(stream.orElseThrow(), product.ofLiveRows());
        }
    }

    private void attend(Fused fused) {
        AttentionLibrary library = acceleration.attention().orElseThrow();
        library.prepare(stream.orElseThrow());
        fused.steps().forEach(step -> library.attend(stream.orElseThrow(), step));
    }

    private void capture(Captured captured) {
        natively(queue -> {
            // A library may take memory when it first sees a stream, which nothing captured may do.
            acceleration.products().ifPresent(library -> library.prepare(queue));
            acceleration.attention().ifPresent(library -> library.prepare(queue));
            queue.beginCapture();
        });
        try {
            captured.pieces().forEach(this::run);
        } finally {
            natively(queue -> cudaGraphs.put(captured, queue.endCapture()));
        }
    }

    private void run(Segment segment) {
        KernelGraph graph = kernelGraphs.get(segment.entries());
        if (graph == null) {
            segment.apart().forEach(this::run);
            return;
        }
        for (int i = 0; i < segment.launches().size(); i++) {
            Launch launch = segment.launches().get(i);
            Entry entry = launch.entry();
            long threadsX = (long) launch.groupsX((segment.turn() + i) % 2) * entry.threadsX();
            long threadsY = (long) launch.groupsY() * entry.threadsY();
            graph.grids().get(i).setGlobalWork(threadsX, threadsY, 1);
        }
        plan.withGraph(graph.index()).execute();
    }

    /**
     * Makes the graphs that some segments need, as far as there is room. A plan takes no graphs after it is made, but
     * another plan may be made of its graphs and more: the arrays on the device and the compiled kernels belong to the
     * graphs. Nothing runs at that time, and the first graph to run is one of the old, which hands the arrays on.
     */
    private void addGraphs(List<? extends Piece> pieces) {
        int before = graphs.size();
        for (Piece piece : pieces) {
            if (piece instanceof Segment segment
                    && !kernelGraphs.containsKey(segment.entries())
                    && graphs.size() < MOST_GRAPHS) {
                addKernelGraph(segment.entries());
            }
        }
        if (graphs.size() > before) {
            plan = planOfAll();
        }
    }

    @Override
    public GraphVerdicts verdicts() {
        return verdicts;
    }

    @Override
    public DevicePlan resized(Lengths longer) {
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> oldFloats = new ArrayList<>();
            for (int bank = 0; bank < lengths().floats().size(); bank++) {
                MemorySegment old = arena.allocate(lengths().floats().get(bank) * 4L, 64);
                Transfers.downloadFloats(this, Address.of(bank, 0), old);
                oldFloats.add(old);
            }
            MemorySegment oldWords = arena.allocate(lengths().words() * 4L, 64);
            Transfers.downloadWords(this, 0, oldWords);
            close();
            try {
                return filled(longer, oldFloats, oldWords);
            } catch (RuntimeException | OutOfMemoryError refused) {
                throw new LongerPlanRefused(filled(lengths(), oldFloats, oldWords), refused);
            }
        }
    }

    private DevicePlan filled(Lengths lengths, List<MemorySegment> oldFloats, MemorySegment oldWords) {
        DevicePlan fresh = new TornadoPlan(device, acceleration, lengths);
        for (int bank = 0; bank < oldFloats.size(); bank++) {
            Transfers.uploadFloats(fresh, Address.of(bank, 0), oldFloats.get(bank));
        }
        Transfers.uploadWords(fresh, 0, oldWords);
        return fresh;
    }

    @Override
    public void close() {
        try {
            plan.close();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException("TornadoVM could not give the memory of the device back", e);
        }
    }
}
