package dev.unmask.vector;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.MovingAverage;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.Scale;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.kernel.SumRows;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;
import dev.unmask.tensor.kernel.Truncate;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.KernelTimes;
import dev.unmask.tensor.program.MemoryPlan;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.ProgramGuard;
import dev.unmask.tensor.program.Recording;
import dev.unmask.vector.attention.TiledAttention;
import dev.unmask.vector.attention.TiledAttentionBackward;
import dev.unmask.vector.gemm.Int8Products;
import dev.unmask.vector.gemm.MatrixProducts;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Species;
import dev.unmask.vector.machine.BFloat16Code;
import dev.unmask.vector.machine.BFloat16Product;
import dev.unmask.vector.machine.Float32Code;
import dev.unmask.vector.machine.Float32Product;
import dev.unmask.vector.machine.Int8Code;
import dev.unmask.vector.machine.Int8Product;
import dev.unmask.vector.rows.Activations;
import dev.unmask.vector.rows.Biases;
import dev.unmask.vector.rows.Choices;
import dev.unmask.vector.rows.CrossEntropies;
import dev.unmask.vector.rows.Dropping;
import dev.unmask.vector.rows.Elementwise;
import dev.unmask.vector.rows.Embeddings;
import dev.unmask.vector.rows.GeluUnits;
import dev.unmask.vector.rows.Norms;
import dev.unmask.vector.rows.Optimizers;
import dev.unmask.vector.rows.Rotary;
import dev.unmask.vector.rows.Rows;
import dev.unmask.vector.rows.Truncations;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.Storage;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/** The CPU: tensors in off-heap memory, kernels on the Vector API. */
final class VectorBackend implements Backend {
    static final String NAME = "vector";

    private final Turns turns = new Turns(NAME);
    private final Workers workers;
    private final Workspace workspace;
    private final Temporaries temporaries = new Temporaries(Storage.OFF_HEAP);
    private final Optional<BFloat16Product> machineCode;
    private final BFloat16Code code;
    private final KeptMemory keptMemory = new KeptMemory();
    private Optional<KernelTimes> times = Optional.empty();

    VectorBackend(int threads, BFloat16Code code) {
        workers = new Workers(threads);
        workspace = new Workspace(threads, Storage.OFF_HEAP);
        machineCode = code.load();
        this.code = code;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return NAME
                + ": "
                + Species.BITS
                + "-bit SIMD, "
                + workers.count()
                + (workers.count() == 1 ? " thread" : " threads")
                + ", float32, bfloat16 products on "
                + code.description();
    }

    @Override
    public Tensor allocate(String name, DType dtype, Shape shape) {
        return inTurn("allocate " + name, () -> VectorTensor.allocate(VectorTensor.declare(this, name, dtype, shape)));
    }

    @Override
    public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
        return inTurn(
                "wrap " + name,
                () -> {
                    VectorTensor declared = VectorTensor.declare(this, name, dtype, shape);
                    declared.requireLength(data);
                    return VectorTensor.wrap(declared, data);
                });
    }

    @Override
    public Tensor declare(String name, DType dtype, Shape shape) {
        return inTurn("declare " + name, () -> VectorTensor.declare(this, name, dtype, shape));
    }

    @Override
    public Program compile(Recording recording) {
        return inTurn(
                "compile",
                () -> {
                    ProgramGuard guard = new ProgramGuard(recording, turns);
                    return new VectorProgram(this, recording, MemoryPlan.of(recording, Memory.ALIGNMENT), guard);
                });
    }

    private <T> T inTurn(String call, Supplier<T> body) {
        turns.begin(call, "");
        try {
            return body.get();
        } finally {
            turns.end();
        }
    }

    /** Who may use this backend. */
    Turns turns() {
        return turns;
    }

    static BoundKernel bind(Kernel kernel, Binding binding) {
        return switch (kernel) {
            case AdamW k -> Optimizers.bind(k, binding);
            case Add k -> Elementwise.bind(k, binding);
            case AddBias k -> Biases.bind(k, binding);
            case Attention k -> TiledAttention.bind(k, binding);
            case AttentionBackward k -> TiledAttentionBackward.bind(k, binding);
            case Choose k -> Choices.bind(k, binding);
            case Copy k -> Elementwise.bind(k, binding);
            case CrossEntropy k -> CrossEntropies.bind(k, binding);
            case CrossEntropyBackward k -> CrossEntropies.bind(k, binding);
            case Dropout k -> Dropping.bind(k, binding);
            case Embed k -> Embeddings.bind(k, binding);
            case EmbedBackward k -> Embeddings.bind(k, binding);
            case Fill k -> Elementwise.bind(k, binding);
            case GatherRows k -> Rows.bind(k, binding);
            case Gelu k -> GeluUnits.bind(k, binding);
            case GeluBackward k -> GeluUnits.bind(k, binding);
            case Gemm k -> MatrixProducts.bind(k, binding, binding::kept);
            case Guide k -> Elementwise.bind(k, binding);
            case Int8Gemm k -> Int8Products.bind(k, binding, binding::kept);
            case LayerNorm k -> Norms.bind(k, binding);
            case MovingAverage k -> Optimizers.bind(k, binding);
            case LayerNormBackward k -> Norms.bind(k, binding);
            case Penalize k -> Truncations.bind(k, binding);
            case RmsNorm k -> Norms.bind(k, binding);
            case RmsNormBackward k -> Norms.bind(k, binding);
            case Rope k -> Rotary.bind(k, binding);
            case Scale k -> Elementwise.bind(k, binding);
            case ScatterHeads k -> Rows.bind(k, binding);
            case ScatterRows k -> Rows.bind(k, binding);
            case SumOfSquares k -> Optimizers.bind(k, binding);
            case SumRows k -> Biases.bind(k, binding);
            case SwiGlu k -> Activations.bind(k, binding);
            case SwiGluBackward k -> Activations.bind(k, binding);
            case Truncate k -> Truncations.bind(k, binding);
        };
    }

    /** Where the temporaries of all programs lie. */
    Temporaries temporaries() {
        return temporaries;
    }

    /** What kernels use while they run. */
    Workspace workspace() {
        return workspace;
    }

    /** Where panels of weights are kept. */
    KeptMemory keptMemory() {
        return keptMemory;
    }

    @Override
    public OptionalDouble measurePeak() {
        return inTurn("measure the peak", () -> OptionalDouble.of(PeakRate.measure(workers, workspace)));
    }

    @Override
    public boolean countInto(KernelTimes counted) {
        times = Optional.of(counted);
        return true;
    }

    /** What the times of kernels are added to, if they are. */
    Optional<KernelTimes> times() {
        return times;
    }

    /** The threads that run this backend's kernels. */
    Workers workers() {
        return workers;
    }

    /** Machine code for products in float32, where the machine has it; loaded by the first who asks. */
    Optional<Float32Product> float32Code() {
        return Float32Code.load(code);
    }

    /** Machine code for products in bfloat16, where the machine has it. */
    Optional<BFloat16Product> machineCode() {
        return machineCode;
    }

    /** Machine code for products in int8, where the machine has it; loaded by the first who asks. */
    Optional<Int8Product> int8Code() {
        return Int8Code.load(code);
    }

    @Override
    public void close() {
        if (turns.close()) {
            workers.close();
        }
    }
}
