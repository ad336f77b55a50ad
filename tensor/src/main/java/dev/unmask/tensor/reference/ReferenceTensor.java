package dev.unmask.tensor.reference;

import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Turns;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A tensor of {@link ReferenceBackend}; the elements of a temporary can be reached by kernels alone. */
final class ReferenceTensor extends Tensor {
    private static final int ALIGNMENT = 64;

    private final MemorySegment memory;

    private ReferenceTensor(Turns turns, Origin origin, String name, DType dtype, Shape shape, MemorySegment memory) {
        super(turns, origin, name, dtype, shape);
        this.memory = memory;
    }

    /** A tensor of zeros. */
    static ReferenceTensor allocate(Turns turns, String name, DType dtype, Shape shape) {
        return new ReferenceTensor(turns, Origin.ALLOCATED, name, dtype, shape, memory(name, dtype, shape));
    }

    /** A tensor whose elements are there already, and must only be read. */
    static ReferenceTensor wrap(Turns turns, String name, DType dtype, Shape shape, MemorySegment data) {
        MemorySegment memory = data;
        if (!data.isNative()) {
            memory = memory(name, dtype, shape).copyFrom(data);
        }
        return new ReferenceTensor(turns, Origin.WRAPPED, name, dtype, shape, memory.asReadOnly());
    }

    /** A tensor without memory. */
    static ReferenceTensor declare(Turns turns, String name, DType dtype, Shape shape) {
        return new ReferenceTensor(turns, Origin.DECLARED, name, dtype, shape, MemorySegment.NULL);
    }

    /** Memory of its own for a tensor that has none. */
    static MemorySegment memoryOf(Tensor temporary) {
        return memory(temporary.name(), temporary.dtype(), temporary.shape());
    }

    private static MemorySegment memory(String name, DType dtype, Shape shape) {
        long bytes = shape.elements() * dtype.bytes();
        try {
            return Arena.ofAuto().allocate(Math.max(bytes, 1), ALIGNMENT).asSlice(0, bytes);
        } catch (OutOfMemoryError refused) {
            throw new OutOfDeviceMemoryException(
                    "tensor "
                            + name
                            + " needs "
                            + ByteSize.of(bytes)
                            + " outside the heap, and there is no room: "
                            + refused.getMessage()
                            + "; raise -XX:MaxDirectMemorySize, or use a smaller batch",
                    refused);
        }
    }

    /** Where the elements lie; nowhere if this is temporary. */
    MemorySegment memory() {
        return memory;
    }

    @Override
    protected void copyFrom(MemorySegment source) {
        memory.copyFrom(source);
    }

    @Override
    protected void copyTo(long first, MemorySegment target) {
        target.copyFrom(memory.asSlice(first * dtype().bytes(), target.byteSize()));
    }
}
