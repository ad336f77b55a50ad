package dev.unmask.tensor.reference;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.ProgramGuard;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Kernel after kernel: its operands are read into float64, {@link ReferenceKernels} runs, and its results are written
 * back. Temporaries have memory of their own each, and are not a number until a kernel writes them, so that whoever
 * reads too early is found out.
 */
final class ReferenceProgram implements Program {
    /** Of which every element is not a number, or far outside of what it may index. */
    private static final byte UNWRITTEN = (byte) 0xFF;

    private final Recording recording;
    private final ProgramGuard guard;
    private final Map<Tensor, MemorySegment> temporaries = new IdentityHashMap<>();

    ReferenceProgram(Recording recording, Turns turns) {
        this.recording = recording;
        this.guard = new ProgramGuard(recording, turns);
        recording.temporaries().forEach(t -> temporaries.put(t, ReferenceTensor.memoryOf(t)));
    }

    @Override
    public void run() {
        guard.run(() -> {
            temporaries.values().forEach(memory -> memory.fill(UNWRITTEN));
            recording.kernels().forEach(this::run);
        });
    }

    private void run(Kernel kernel) {
        Map<Tensor, HostTensor> operands = new IdentityHashMap<>();
        new ReferenceKernels(tensor -> operands.computeIfAbsent(tensor, this::read)).run(kernel);
        for (Tensor output : kernel.outputs()) {
            operands.get(output).write(0, memory(output));
        }
    }

    private HostTensor read(Tensor tensor) {
        HostTensor operand = new HostTensor(tensor.dtype(), tensor.shape());
        operand.read(memory(tensor));
        return operand;
    }

    private MemorySegment memory(Tensor tensor) {
        MemorySegment temporary = temporaries.get(tensor);
        // The guard has refused tensors of other backends.
        return temporary == null ? ((ReferenceTensor) tensor).memory() : temporary;
    }

    @Override
    public long temporaryBytes() {
        return bytes(recording);
    }

    /** What the temporaries of a recording take. */
    static long bytes(Recording recording) {
        return recording.temporaries().stream().mapToLong(Tensor::bytes).sum();
    }
}
