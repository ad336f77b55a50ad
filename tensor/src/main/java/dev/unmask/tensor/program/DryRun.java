package dev.unmask.tensor.program;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Tensor.Origin;
import dev.unmask.tensor.Turns;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A backend that takes no memory and computes nothing: it counts what is asked of it. Whatever runs on a backend runs
 * on this one too, so that the plan of its memory comes from the code that will need the memory.
 *
 * <p>Tensors ignore what is uploaded and leave alone what they should download to.
 */
public abstract class DryRun implements Backend {
    private final Turns turns;
    private final String name;
    private final String description;
    private long tensors;
    private long sideBySide;

    private static final class Counted extends Tensor {
        Counted(Turns turns, Origin origin, String name, DType dtype, Shape shape) {
            super(turns, origin, name, dtype, shape);
        }

        @Override
        protected void copyFrom(MemorySegment source) {}

        @Override
        protected void copyTo(long first, MemorySegment target) {}
    }

    private record Held(long temporaryBytes, ProgramGuard guard) implements Program {
        @Override
        public void run() {
            guard.run(() -> {});
        }
    }

    /**
     * A dry run that has counted nothing.
     *
     * @param name what {@code --backend} calls the backend
     * @param description its capability line
     */
    protected DryRun(String name, String description) {
        this.turns = new Turns(name);
        this.name = name;
        this.description = description;
    }

    /**
     * What a tensor that is not temporary takes on the device.
     *
     * @param tensor the tensor
     * @return bytes
     */
    public abstract long bytesOf(Tensor tensor);

    /**
     * What a tensor takes on the device that {@link #wrap} makes of host memory.
     *
     * @param tensor the tensor
     * @param data the host memory
     * @return bytes
     */
    protected abstract long bytesOfWrapped(Tensor tensor, MemorySegment data);

    /**
     * Notes a tensor's memory.
     *
     * @param bytes what it takes on the device
     * @param integers whether it is {@link DType#I32}
     */
    protected void allocated(long bytes, boolean integers) {}

    /**
     * Notes the memory of a program.
     *
     * @param recording the program's kernels and temporaries
     * @return what it holds for temporaries, alone
     */
    protected abstract long compiled(Recording recording);

    /**
     * What all programs together hold for temporaries.
     *
     * @return bytes
     */
    protected abstract long temporaries();

    /**
     * What is taken beside tensors and temporaries.
     *
     * @return bytes
     */
    protected abstract long workspace();

    /**
     * How much there may be in all.
     *
     * @return the limits
     */
    protected abstract List<MemoryUse.Limit> limits();

    /**
     * Opens the backend that this stands for, with room for what was counted where memory is taken in advance.
     *
     * @return the backend
     * @throws IllegalStateException if it does not work here; the message says why and what to do
     * @throws OutOfDeviceMemoryException if the device refuses so much
     */
    public abstract Backend open();

    /**
     * What has been counted so far.
     *
     * @return the counts
     */
    public final MemoryUse use() {
        return new MemoryUse(tensors, temporaries(), sideBySide, workspace(), limits());
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final String description() {
        return description;
    }

    @Override
    public final Tensor allocate(String tensorName, DType dtype, Shape shape) {
        Tensor tensor = counted(Origin.ALLOCATED, tensorName, dtype, shape);
        count(tensor, bytesOf(tensor));
        return tensor;
    }

    @Override
    public final Tensor wrap(String tensorName, DType dtype, Shape shape, MemorySegment data) {
        Tensor tensor = counted(Origin.WRAPPED, tensorName, dtype, shape);
        tensor.requireLength(data);
        count(tensor, bytesOfWrapped(tensor, data));
        return tensor;
    }

    private void count(Tensor tensor, long bytes) {
        tensors += bytes;
        allocated(bytes, tensor.dtype() == DType.I32);
    }

    @Override
    public final Tensor declare(String tensorName, DType dtype, Shape shape) {
        return counted(Origin.DECLARED, tensorName, dtype, shape);
    }

    private Tensor counted(Origin origin, String tensorName, DType dtype, Shape shape) {
        turns.begin("make ", tensorName);
        try {
            return new Counted(turns, origin, tensorName, dtype, shape);
        } finally {
            turns.end();
        }
    }

    @Override
    public final Program compile(Recording recording) {
        ProgramGuard guard = new ProgramGuard(recording, turns);
        sideBySide += recording.temporaries().stream().mapToLong(Tensor::bytes).sum();
        return new Held(compiled(recording), guard);
    }

    @Override
    public void close() {
        turns.close();
    }
}
