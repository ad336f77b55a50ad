package dev.unmask.vector;

import dev.unmask.tensor.Program;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;

/** A list of bound kernels, run in order. It holds on to the memory that their addresses point to. */
final class VectorProgram implements Program {
    private final VectorBackend backend;
    private final BoundKernel[] kernels;
    private final MemorySegment block;
    private final VectorTensor[] operands;

    VectorProgram(VectorBackend backend, List<BoundKernel> kernels, MemorySegment block, List<VectorTensor> operands) {
        this.backend = backend;
        this.kernels = kernels.toArray(BoundKernel[]::new);
        this.block = block;
        this.operands = operands.stream().distinct().toArray(VectorTensor[]::new);
    }

    @Override
    public void run() {
        for (VectorTensor operand : operands) {
            if (!operand.storage().get().scope().isAlive()) {
                throw new IllegalStateException(operand + " wraps memory that has been released; keep its arena open");
            }
        }
        try {
            Workers workers = backend.workers();
            for (BoundKernel kernel : kernels) {
                kernel.run(workers);
            }
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public long temporaryBytes() {
        return block.byteSize();
    }
}
