package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.KernelTimes;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recording;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A GPU, or any other device that TornadoVM drives. Tensors live on it from first to last. */
final class TornadoBackend implements Backend {
    static final String NAME = "tornado";

    private static final Logger LOG = System.getLogger(TornadoBackend.class.getName());

    private final Device device;
    private final DeviceMemory memory;
    private final Scratch scratch;
    private final GraphOptions graphs;
    private final GraphSelfTest graphSelfTest;
    private final Consumer<String> warnings;
    private Optional<KernelTimes> times = Optional.empty();

    TornadoBackend(Device device) {
        this(device, warning -> LOG.log(Level.WARNING, warning));
    }

    /** With so much room from the start. */
    TornadoBackend(Device device, Lengths planned) {
        this(device, new DeviceMemory(device, planned), warning -> LOG.log(Level.WARNING, warning));
    }

    TornadoBackend(Device device, Consumer<String> warnings) {
        this(device, new DeviceMemory(device), warnings);
    }

    private TornadoBackend(Device device, DeviceMemory memory, Consumer<String> warnings) {
        this.device = device;
        this.warnings = warnings;
        this.graphs = GraphOptions.fromFlag();
        this.memory = memory;
        this.scratch = new Scratch(memory);
        this.graphSelfTest = new GraphSelfTest(memory, warnings);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return device.description();
    }

    @Override
    public Tensor allocate(String name, DType dtype, Shape shape) {
        return inTurn("allocate " + name, () -> TornadoTensor.allocate(memory, name, dtype, shape));
    }

    @Override
    public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
        return inTurn("wrap " + name, () -> TornadoTensor.wrap(memory, name, dtype, shape, data));
    }

    @Override
    public Tensor declare(String name, DType dtype, Shape shape) {
        return inTurn("declare " + name, () -> TornadoTensor.declare(memory, name, dtype, shape));
    }

    @Override
    public Optional<String> unsupported(Kernel kernel) {
        return Lowering.unsupported(kernel);
    }

    @Override
    public Program compile(Recording recording) {
        testAttention(recording);
        return inTurn(
                "compile",
                () ->
                        new TornadoProgram(
                                memory, scratch, recording, graphs, graphSelfTest, device.acceleration(), () -> times));
    }

    /** Tests the kernels of attention that are needed for the first time, since to compile all takes long. */
    private void testAttention(Recording recording) {
        Acceleration acceleration = device.acceleration();
        for (Kernel kernel : recording.kernels()) {
            AttentionCalls.tuning(kernel, acceleration.ways())
                    .filter(acceleration::isNew)
                    .ifPresent(tuning ->
                            SelfTest.wrongAttention(this, tuning)
                                    .ifPresent(wrong -> {
                                        acceleration.withoutAttention(tuning.precision(), wrong);
                                        warnings.accept(device.name() + ": " + acceleration.reasons().getLast());
                                    }));
        }
    }

    private <T> T inTurn(String call, Supplier<T> body) {
        memory.turns().begin(call, "");
        try {
            return body.get();
        } finally {
            memory.turns().end();
        }
    }

    /** Takes back what garbage held, so that what was planned finds the places that it was planned for. */
    void collect() {
        memory.collect();
    }

    @Override
    public boolean countInto(KernelTimes counted) {
        times = Optional.of(counted);
        return true;
    }

    @Override
    public void close() {
        if (memory.turns().close()) {
            memory.close();
        }
    }
}
