package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.KernelTimes;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.ProgramGuard;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A recording as rows of arguments on the device, and the order in which to call its kernels. */
final class TornadoProgram implements Program {
    private final DeviceMemory memory;
    private final Scratch scratch;
    private final Recording recording;
    private final ProgramGuard guard;
    private final GraphOptions options;
    private final GraphSelfTest graphSelfTest;
    private final Scratch.Layout layout;
    private final DeviceMemory.Block table;
    private final DeviceMemory.Block constants;
    private final Acceleration acceleration;
    private final Supplier<Optional<KernelTimes>> times;
    private final List<TornadoTensor> counts;
    private List<Step> steps = List.of();
    private List<Class<? extends Kernel>> kinds = List.of();
    private List<? extends Piece> pieces = List.of();
    private long runs;
    private long runsAsItIs;
    private DevicePlan plan;
    private List<Long> pages = List.of();
    private int wordsAddress = Arguments.NONE;

    TornadoProgram(
            DeviceMemory memory,
            Scratch scratch,
            Recording recording,
            GraphOptions options,
            GraphSelfTest graphSelfTest,
            Acceleration acceleration,
            Supplier<Optional<KernelTimes>> times) {
        this.memory = memory;
        this.scratch = scratch;
        this.recording = recording;
        this.options = options;
        this.graphSelfTest = graphSelfTest;
        this.acceleration = acceleration;
        this.times = times;
        this.guard = new ProgramGuard(recording, memory.turns());
        this.layout = scratch.layout(recording, widenedElements(recording, acceleration));
        this.table = memory.allocate(this, "the calls of a program", true, tableElements(recording, acceleration));
        this.constants =
                memory.allocate(this, "the constants of a program", false, constantElements(recording, acceleration));
        this.counts = countsWritten(recording);
        scratch.reserve(layout);
        this.plan = memory.plan();
    }

    /** Words for the rows of arguments, for lists of tensors behind them, and for factors of products. */
    static long tableElements(Recording recording, Acceleration acceleration) {
        return Space.rounded(rowElements(recording) + (long) Lowering.LISTED * recording.kernels().size())
                + PackedFactors.SLOTS * Lowering.packedElements(recording.kernels(), acceleration.ways());
    }

    private static long rowElements(Recording recording) {
        return recording.kernels().stream().mapToLong(Lowering::mostLaunches).sum() * Arguments.ROW;
    }

    /** Floats for constants and for what kernels keep from one launch to the next. */
    static long constantElements(Recording recording, Acceleration acceleration) {
        return recording.kernels().size() + Lowering.workspaceElements(recording.kernels(), acceleration.ways());
    }

    /** Floats that a factor takes which is stored as bfloat16, where it is not multiplied so. */
    static long widenedElements(Recording recording, Acceleration acceleration) {
        return Lowering.widenedElements(recording.kernels(), recording.temporaries(), acceleration.ways());
    }

    private static List<TornadoTensor> countsWritten(Recording recording) {
        return recording.kernels().stream()
                .flatMap(kernel -> kernel.outputs().stream())
                .filter(tensor -> tensor.dtype() == DType.I32 && tensor.shape().elements() == 1)
                .map(TornadoTensor.class::cast)
                .toList();
    }

    @Override
    public void run() {
        guard.run(this::replay);
    }

    private void replay() {
        scratch.reserve(layout);
        boolean moved = wordsAddress != scratch.wordsAddress() || !pages.equals(scratch.pages(layout.pages().size()));
        if (moved) {
            link();
        }
        if (moved || plan != memory.plan()) {
            runsAsItIs = 0;
        }
        if (runsAsItIs < 2 || runs == options.after()) {
            pieces = pieces();
            plan = memory.plan();
        }
        runs++;
        runsAsItIs++;
        if (!pieces.isEmpty()) {
            // The first run compiles.
            Optional<KernelTimes> counted = times.get().filter(all -> runsAsItIs > 1);
            counted.ifPresentOrElse(this::runOneByOne, () -> plan.run(pieces, table.wordAddress()));
            counts.forEach(TornadoTensor::forgetNumber);
        }
    }

    /** Runs each step by itself and counts its time, less what a run of nothing takes. */
    private void runOneByOne(KernelTimes counted) {
        long nothing = nanos(List.of(), table.wordAddress());
        int row = table.wordAddress();
        for (int i = 0; i < steps.size(); i++) {
            Piece piece =
                    switch (steps.get(i)) {
                        case Launch launch -> Segment.of(launch, 0);
                        case Product product -> new Products(List.of(product));
                        case FusedAttention part -> new Fused(List.of(part));
                    };
            counted.add(kinds.get(i), Math.max(0, nanos(List.of(piece), row) - nothing));
            row += piece.launches().size() * Arguments.ROW;
        }
    }

    private long nanos(List<Piece> run, int row) {
        long before = System.nanoTime();
        plan.run(run, row);
        return System.nanoTime() - before;
    }

    /** The steps, cut into what a plan runs at a time. In its first run TornadoVM compiles, which nothing captures. */
    private List<? extends Piece> pieces() {
        List<Piece> single = Segmentation.single(steps);
        if (acceleration.isNative()) {
            return acceleration.captures() && runsAsItIs > 0 ? Captured.together(single) : single;
        }
        if (runs < options.after()) {
            return single;
        }
        return graphSelfTest.sound(Segmentation.repeated(steps.stream().map(Launch.class::cast).toList()));
    }

    /** Writes the rows, now that it is known where the temporaries are. */
    private void link() {
        pages = scratch.pages(layout.pages().size());
        wordsAddress = scratch.wordsAddress();
        long workspace = constants.address() + recording.kernels().size();
        int lists = table.wordAddress() + Math.toIntExact(rowElements(recording));
        int factor = Math.toIntExact(Lowering.packedElements(recording.kernels(), acceleration.ways()));
        Lowering lowering =
                new Lowering(
                        this::address,
                        new Lowering.Room(
                                constants.address(),
                                workspace,
                                lists,
                                table.wordAddress() + table.elements() - PackedFactors.SLOTS * factor,
                                factor,
                                layout.widened() < 0 ? Arguments.NONE : pages.get(layout.widened())),
                        acceleration.ways());
        lowering.addAll(recording.kernels());
        steps = List.copyOf(lowering.steps());
        kinds = List.copyOf(lowering.kinds());
        int[] rows = Arguments.table(lowering.launches(), table.wordAddress());
        int[] listed = lowering.listed().stream().mapToInt(Integer::intValue).toArray();
        float[] values = new float[lowering.constantValues().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = lowering.constantValues().get(i);
        }
        Transfers.uploadWords(memory.plan(), table.wordAddress(), MemorySegment.ofArray(rows));
        Transfers.uploadWords(memory.plan(), lists, MemorySegment.ofArray(listed));
        Transfers.uploadFloats(memory.plan(), constants.address(), MemorySegment.ofArray(values));
    }

    private long address(Tensor tensor) {
        Scratch.Place place = layout.places().get(tensor);
        if (place == null) {
            return ((TornadoTensor) tensor).address();
        }
        return place.offset() + (tensor.dtype() == DType.I32 ? wordsAddress : pages.get(place.page()));
    }

    @Override
    public long temporaryBytes() {
        return layout.bytes();
    }
}
