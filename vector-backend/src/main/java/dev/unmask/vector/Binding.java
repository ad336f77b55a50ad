package dev.unmask.vector;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.MemoryPlan;
import dev.unmask.tensor.program.Recording;
import dev.unmask.vector.gemm.KeptPanels;
import dev.unmask.vector.gemm.Panels;
import dev.unmask.vector.machine.BFloat16Product;
import dev.unmask.vector.machine.Float32Product;
import dev.unmask.vector.machine.Int8Product;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Gives the operands of a program's kernels their addresses, and remembers what memory they lie in. */
class Binding implements Operands {
    private final VectorBackend backend;
    private final MemoryPlan plan;
    private final long block;
    private final Workspace workspace;
    private final List<VectorTensor> operands = new ArrayList<>();
    private Set<Tensor> narrow = Set.of();
    private Set<Tensor> constant = Set.of();

    Binding(VectorBackend backend, MemoryPlan plan, long block, Workspace workspace) {
        this.backend = backend;
        this.plan = plan;
        this.block = block;
        this.workspace = workspace;
    }

    /** Binds the kernels of a recording, in order. */
    List<BoundKernel> bind(Recording recording) {
        NarrowResults results = NarrowResults.of(recording);
        constant = ConstantFactors.of(recording);
        List<BoundKernel> bound = new ArrayList<>();
        for (int i = 0; i < recording.kernels().size(); i++) {
            narrow = results.of(i);
            bound.add(VectorBackend.bind(recording.kernels().get(i), this));
        }
        return bound;
    }

    @Override
    public boolean isNarrow(Tensor tensor) {
        return narrow.contains(tensor);
    }

    /** Panels that are kept of a right factor; empty if it is likely to change, or there is no room. */
    final Optional<KeptPanels> kept(Tensor factor, Panels panels) {
        return constant.contains(factor) ? keep(factor, panels) : Optional.empty();
    }

    /** Keeps the panels of a tensor with memory of its own. */
    Optional<KeptPanels> keep(Tensor weight, Panels panels) {
        return backend.keptMemory().of((VectorTensor) weight, panels);
    }

    @Override
    public long address(Tensor tensor) {
        // A program's guard has refused tensors of other backends and other recordings.
        VectorTensor operand = (VectorTensor) tensor;
        if (operand.storage().isPresent()) {
            operands.add(operand);
            return operand.storage().get().address();
        }
        return block + plan.offsets().get(tensor);
    }

    @Override
    public Workspace workspace() {
        return workspace;
    }

    @Override
    public Workers workers() {
        return backend.workers();
    }

    @Override
    public Optional<Float32Product> float32Code() {
        return backend.float32Code();
    }

    @Override
    public Optional<BFloat16Product> machineCode() {
        return backend.machineCode();
    }

    @Override
    public Optional<Int8Product> int8Code() {
        return backend.int8Code();
    }

    /** Every tensor with memory of its own whose address was asked for. */
    List<VectorTensor> operands() {
        return operands;
    }
}
