package dev.unmask.vector;

import dev.unmask.tensor.program.KernelTimes;
import dev.unmask.tensor.program.MemoryPlan;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.ProgramGuard;
import dev.unmask.tensor.program.Recording;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.Workers;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntConsumer;

/** A list of bound kernels, run in order. It holds on to the tensors that their addresses point to. */
final class VectorProgram implements Program {
    private final VectorBackend backend;
    private final Recording recording;
    private final MemoryPlan plan;
    private final ProgramGuard guard;
    private final Runnable replay = () -> replay(_ -> {});
    private long block;
    private BoundKernel[] kernels;
    private VectorTensor[] operands;
    private MappedEnds mappedEnds;
    private final VectorTensor[] results;

    VectorProgram(VectorBackend backend, Recording recording, MemoryPlan plan, ProgramGuard guard) {
        this.backend = backend;
        this.guard = guard;
        this.recording = recording;
        this.plan = plan;
        results =
                recording.kernels().stream()
                        .flatMap(kernel -> kernel.outputs().stream())
                        .distinct()
                        .filter(result -> result instanceof VectorTensor tensor && tensor.storage().isPresent())
                        .toArray(VectorTensor[]::new);
        bind(reserve());
    }

    private long reserve() {
        return plan.bytes() == 0
                ? 0
                : backend.temporaries()
                        .reserve(
                                "the program of "
                                        + recording.kernels().size()
                                        + " kernels, for "
                                        + recording.temporaries().size()
                                        + " temporaries,",
                                plan.bytes());
    }

    private void bind(long address) {
        Binding binding = new Binding(backend, plan, address, backend.workspace());
        kernels = binding.bind(recording).toArray(BoundKernel[]::new);
        block = address;
        operands = binding.operands().stream().distinct().toArray(VectorTensor[]::new);
        mappedEnds = MappedEnds.of(Arrays.asList(operands));
    }

    @Override
    public void run() {
        guard.run(replay);
    }

    @Override
    public void run(IntConsumer after) {
        guard.run(() -> replay(after));
    }

    private void replay(IntConsumer after) {
        long address = reserve();
        if (address != block) {
            // A larger program has moved the temporaries.
            bind(address);
        }
        for (VectorTensor operand : operands) {
            if (!operand.storage().get().scope().isAlive()) {
                throw new IllegalStateException(operand + " wraps memory that has been released; keep its arena open");
            }
        }
        mappedEnds.require();
        for (VectorTensor result : results) {
            result.changes();
        }
        try {
            Optional<KernelTimes> times = backend.times();
            if (times.isPresent()) {
                run(times.get());
                after.accept(kernels.length);
            } else {
                run(backend.workers(), after);
            }
        } finally {
            Reference.reachabilityFence(this);
            Reference.reachabilityFence(backend);
        }
    }

    private void run(Workers workers, IntConsumer after) {
        for (int i = 0; i < kernels.length; i++) {
            kernels[i].run(workers);
            after.accept(i + 1);
        }
    }

    private void run(KernelTimes times) {
        long before = System.nanoTime();
        for (int i = 0; i < kernels.length; i++) {
            kernels[i].run(backend.workers());
            long now = System.nanoTime();
            times.add(recording.kernels().get(i).getClass(), now - before);
            before = now;
        }
    }

    @Override
    public long temporaryBytes() {
        return plan.bytes();
    }
}
