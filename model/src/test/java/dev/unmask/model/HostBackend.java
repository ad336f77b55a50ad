package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Tensor.Origin;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A backend that holds numbers but computes nothing. */
final class HostBackend implements Backend {
    private static final class HostTensor extends Tensor {
        private final MemorySegment content;

        HostTensor(Origin origin, String name, DType dtype, Shape shape, MemorySegment content) {
            super(new Turns("host"), origin, name, dtype, shape);
            this.content = content;
            requireLength(content);
        }

        @Override
        protected void copyFrom(MemorySegment source) {
            content.copyFrom(source);
        }

        @Override
        protected void copyTo(long first, MemorySegment target) {
            target.copyFrom(content.asSlice(first * dtype().bytes(), target.byteSize()));
        }
    }

    @Override
    public String name() {
        return "host";
    }

    @Override
    public String description() {
        return "memory without kernels";
    }

    @Override
    public Tensor allocate(String name, DType dtype, Shape shape) {
        return new HostTensor(
                Origin.ALLOCATED, name, dtype, shape, Arena.ofAuto().allocate(shape.elements() * dtype.bytes()));
    }

    @Override
    public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
        return new HostTensor(Origin.WRAPPED, name, dtype, shape, data);
    }

    @Override
    public Tensor declare(String name, DType dtype, Shape shape) {
        throw new UnsupportedOperationException("this backend runs no programs");
    }

    @Override
    public Program compile(Recording recording) {
        throw new UnsupportedOperationException("this backend runs no programs");
    }

    @Override
    public void close() {}
}
