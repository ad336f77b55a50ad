package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Program;
import dev.unmask.tensor.Recording;
import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** A recording as rows of arguments on the device, and the order in which to call its kernels. */
final class TornadoProgram implements Program {
    /** Device kernels that one kernel becomes, at most. */
    private static final int MOST_LAUNCHES = 3;

    private final DeviceMemory memory;
    private final Scratch scratch;
    private final Recording recording;
    private final GraphOptions options;
    private final GraphSelfTest graphSelfTest;
    private final Scratch.Layout layout;
    private final DeviceMemory.Block table;
    private final DeviceMemory.Block constants;
    private List<Launch> launches = List.of();
    private List<Segment> segments = List.of();
    private long runs;
    private DevicePlan plan;
    private int floatsAddress = Arguments.NONE;
    private int wordsAddress = Arguments.NONE;

    TornadoProgram(
            DeviceMemory memory,
            Scratch scratch,
            Recording recording,
            GraphOptions options,
            GraphSelfTest graphSelfTest) {
        this.memory = memory;
        this.scratch = scratch;
        this.recording = recording;
        this.options = options;
        this.graphSelfTest = graphSelfTest;
        recording.kernels().forEach(this::requireOwn);
        this.layout = Scratch.Layout.of(recording);
        this.table = memory.allocate(this, "the calls of a program", true, tableElements(recording));
        this.constants = memory.allocate(this, "the constants of a program", false, constantElements(recording));
        scratch.reserve(layout);
        this.plan = memory.plan();
    }

    /** Words for the rows of arguments. */
    static long tableElements(Recording recording) {
        return (long) MOST_LAUNCHES * recording.kernels().size() * Arguments.ROW;
    }

    /** Floats for constants and for what kernels keep from one launch to the next. */
    static long constantElements(Recording recording) {
        return recording.kernels().size() + 2L * OptimizerKernels.PARTS;
    }

    private void requireOwn(Kernel kernel) {
        kernel.inputs().forEach(this::requireOwn);
        kernel.outputs().forEach(this::requireOwn);
    }

    private void requireOwn(Tensor tensor) {
        if (!(tensor instanceof TornadoTensor own && own.isOf(memory))) {
            throw new IllegalArgumentException(tensor + " belongs to another backend than this tornado backend");
        }
    }

    @Override
    public void run() {
        scratch.reserve(layout);
        boolean moved = floatsAddress != scratch.floatsAddress() || wordsAddress != scratch.wordsAddress();
        if (moved) {
            link();
        }
        if (moved || runs == options.after() || plan != memory.plan()) {
            segments =
                    runs < options.after()
                            ? Segmentation.single(launches)
                            : graphSelfTest.sound(Segmentation.repeated(launches, options.captured()));
            plan = memory.plan();
        }
        runs++;
        if (!segments.isEmpty()) {
            memory.plan().run(segments, table.address());
        }
    }

    /** Writes the rows, now that it is known where the temporaries are. */
    private void link() {
        floatsAddress = scratch.floatsAddress();
        wordsAddress = scratch.wordsAddress();
        int workspace = constants.address() + recording.kernels().size();
        Lowering lowering = new Lowering(this::address, workspace, constants.address());
        recording.kernels().forEach(lowering::add);
        launches = List.copyOf(lowering.launches());
        int[] rows = Arguments.table(launches, table.address());
        float[] values = new float[lowering.constantValues().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = lowering.constantValues().get(i);
        }
        Transfers.uploadWords(memory.plan(), table.address(), MemorySegment.ofArray(rows));
        Transfers.uploadFloats(memory.plan(), constants.address(), MemorySegment.ofArray(values));
    }

    private int address(Tensor tensor) {
        Long offset = layout.offsets().get(tensor);
        if (offset == null) {
            return ((TornadoTensor) tensor).address();
        }
        return Math.toIntExact(offset + (tensor.dtype() == DType.I32 ? wordsAddress : floatsAddress));
    }

    @Override
    public long temporaryBytes() {
        return layout.bytes();
    }
}
